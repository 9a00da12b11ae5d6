from device_agents.devices.phone_facts import cores, cpu_model, operating_system, phone_facts
from device_agents.devices.phone_files import PhoneFiles

CPU = "sys/devices/system/cpu"
GETPROP = """[ro.build.version.release]: [14]
[ro.build.version.sdk]: [34]
[ro.build.fingerprint]: [google/husky/husky:14/AP2A.240505.004/x:user/release-keys]
[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 8 Pro]
[ro.soc.manufacturer]: [Google]
[ro.soc.model]: [Tensor G3]
[ro.board.platform]: [zuma]"""
LITTLE = "processor\t: 0\nFeatures\t: fp asimd crc32 asimddp\nCPU implementer\t: 0x41\nCPU part\t: 0xd46\n\n"
BIG = "processor\t: 1\nFeatures\t: fp asimd asimddp i8mm bf16\nCPU implementer\t: 0x41\nCPU part\t: 0xd4e"
FILES = PhoneFiles(
    texts={
        "getprop": GETPROP,
        "uname -r": "5.15.137-android14",
        "uname -m": "aarch64",
        "proc/cpuinfo": LITTLE + BIG,
        "proc/meminfo": "MemTotal:       12051456 kB",
        f"{CPU}/present": "0-1",
        f"{CPU}/cpu0/cpufreq/cpuinfo_max_freq": "1704000",
        f"{CPU}/cpu1/cpufreq/cpuinfo_max_freq": "2914000",
        f"{CPU}/cpu0/cpufreq/scaling_governor": "sched_pixel",
        f"{CPU}/cpu1/cpufreq/scaling_governor": "powersave",
    }
)


def test_facts_name_chip_kernel_build_and_memory() -> None:
    facts = phone_facts(FILES, core=1)
    assert facts["soc"] == "Google Tensor G3"
    assert facts["kernel"] == "5.15.137-android14"
    assert facts["build"] == "google/husky/husky:14/AP2A.240505.004/x:user/release-keys"
    assert (facts["android_sdk"], facts["memory_gib"], facts["logical_cores"]) == (34, 11, 2)


def test_flags_and_clock_are_those_of_the_measuring_core() -> None:
    little, big = (phone_facts(FILES, core) for core in (0, 1))
    assert (little["cpu_flags"], little["cpu_max_khz"]) == ("asimd asimddp", 1704000)
    assert (big["cpu_flags"], big["cpu_max_khz"]) == ("asimd asimddp bf16 i8mm", 2914000)


def test_facts_map_the_clusters_and_the_governors_of_all_cores() -> None:
    facts = phone_facts(FILES, core=0)
    assert facts["cpu_clusters"] == "0:cortex-a510@1704MHz 1:cortex-x3@2914MHz"
    assert facts["cpu_governor"] == "0:sched_pixel 1:powersave"


def test_a_phone_goes_by_its_model_and_chip() -> None:
    assert operating_system(FILES) == "Android 14"
    assert cpu_model(FILES) == "Pixel 8 Pro (Google Tensor G3)"
    assert cpu_model(PhoneFiles()) == "unknown chip"


def test_what_a_phone_hides_is_none() -> None:
    facts = phone_facts(PhoneFiles(), core=0)
    assert {name for name, fact in facts.items() if fact is not None} == {"operating_system", "logical_cores"}


def test_cores_are_the_online_ones_where_the_others_are_hidden() -> None:
    assert cores(PhoneFiles(texts={"proc/cpuinfo": LITTLE + BIG})) == (0, 1)
