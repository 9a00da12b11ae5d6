"""HostFiles: the host's own account of itself (`/proc`, `/sys`, `/etc`), below a root that is handed in."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HostFiles:
    """Reads small text files below `root`. What is absent or unreadable is None: the host does not show it."""

    root: Path = Path("/")

    def text(self, path: str) -> str | None:
        """Return a file's text without the white space around it."""
        try:
            return (self.root / path).read_text(errors="replace").strip("\0\n\t ") or None
        except OSError:
            return None

    def number(self, path: str) -> int | None:
        """Return a file's text as a whole number, or None where it is none."""
        text = self.text(path)
        return int(text) if text is not None and text.lstrip("-").isdigit() else None

    def fields(self, path: str, separator: str = ":") -> dict[str, str]:
        """Return a file's `key : value` lines; of a key that comes again, the first."""
        found: dict[str, str] = {}
        for line in (self.text(path) or "").splitlines():
            key, separated, value = line.partition(separator)
            if separated:
                found.setdefault(key.strip(), value.strip().strip('"'))
        return found

    def listing(self, pattern: str) -> list[str]:
        """Return the paths, relative to the root, that match a glob pattern, sorted."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern))
