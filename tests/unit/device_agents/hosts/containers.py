"""What a container with half a core and half a GiB adds to its host, in both versions of cgroups."""

V2 = {
    ".dockerenv": "",
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "50000 100000\n",
    "sys/fs/cgroup/memory.max": "536870912\n",
    "sys/fs/cgroup/cpuset.cpus.effective": "2-3\n",
}
_GROUP = "docker/0123456789ab"
V1 = {
    "proc/self/cgroup": f"11:memory:/{_GROUP}\n6:cpuset:/{_GROUP}\n4:cpu,cpuacct:/{_GROUP}\n0::/\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
    "sys/fs/cgroup/cpuset/cpuset.cpus": "2-3\n",
}
#: Limits further up: the tightest counts.
NESTED_V2 = {
    "proc/self/cgroup": "0::/kubepods.slice/pod1/agent\n",
    "sys/fs/cgroup/kubepods.slice/cpu.max": "400000 100000\n",
    "sys/fs/cgroup/kubepods.slice/memory.max": "8589934592\n",
    "sys/fs/cgroup/kubepods.slice/pod1/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/kubepods.slice/pod1/agent/cpu.max": "max 100000\n",
    "sys/fs/cgroup/kubepods.slice/pod1/agent/memory.max": "max\n",
    "sys/fs/cgroup/cpuset.cpus.effective": "0-3\n",
}
UNLIMITED_V1 = {
    "proc/self/cgroup": "4:cpu,cpuacct:/\n3:memory:/\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
}
