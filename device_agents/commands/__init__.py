"""The commands of `device-agent`, one file each."""
