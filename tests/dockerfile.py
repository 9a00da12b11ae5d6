"""A Dockerfile, read as far as tests need it: stages, what each builds on, and the instructions that reach it."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction; `arguments` are its words on one line."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Stage:
    """A stage and its own instructions.

    Attributes:
        base: The stage, or the image, that it starts from.
    """

    name: str
    base: str
    instructions: tuple[Instruction, ...]


def read_stages(path: Path) -> dict[str, Stage]:
    """Return the stages by name; every one of them must have one."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    stages: dict[str, Stage] = {}
    for name, arguments in (line.split(maxsplit=1) for line in lines if line.strip()):
        if name == "FROM":
            base, _, stage = arguments.split()
            stages[stage] = Stage(stage, base, ())
        else:
            last = next(reversed(stages.values()))
            instructions = (*last.instructions, Instruction(name, arguments))
            stages[last.name] = Stage(last.name, last.base, instructions)
    return stages


def inherited(stages: dict[str, Stage], name: str) -> tuple[Instruction, ...]:
    """Return a stage's instructions after those of the stages that it starts from."""
    stage = stages.get(name)
    return (*inherited(stages, stage.base), *stage.instructions) if stage else ()


def environment(stages: dict[str, Stage], name: str) -> dict[str, str]:
    """Return the variables that an image of a stage sets."""
    lines = [each.arguments for each in inherited(stages, name) if each.name == "ENV"]
    return dict(pair for line in lines for pair in re.findall(r"(\w+)=(\S*)", line))


def user(stages: dict[str, Stage], name: str) -> str | None:
    """Return whom an image of a stage runs as; None is root."""
    users = [each.arguments for each in inherited(stages, name) if each.name == "USER"]
    return users[-1] if users else None
