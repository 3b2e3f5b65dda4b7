"""Prompt files for tests: a front matter, a body of two parts, and a file of both."""

from __future__ import annotations

from pathlib import Path

FRONT = '+++\nrecords = ["meeting"]\nwhy = "A trial."\n+++\n'


def body(system: str = "Record every {{ wanted }}.", user: str = "<{{ fence }}>{{ text }}</{{ fence }}>") -> str:
    return f"{{% block system %}}\n{system}\n{{% endblock %}}\n{{% block user %}}\n{user}\n{{% endblock %}}\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
