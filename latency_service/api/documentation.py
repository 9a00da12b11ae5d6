"""/docs: the routes as a page of plain HTML.

It loads nothing - no script, no style, no other host - so that it works without the internet, and under the strictest
content security policy.
"""

from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from latency_service.api.openapi import operations

PATH = "/docs"


def add_documentation(app: FastAPI) -> None:
    """Serve the page."""

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(_page(app.openapi()))

    app.add_route(PATH, page, include_in_schema=False)


def _page(document: dict[str, Any]) -> str:
    info = document["info"]
    sections = "\n".join(_section(*operation) for operation in operations(document))
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape(info["title"])}</title></head>
<body>
<h1>{escape(info["title"])} {escape(info["version"])}</h1>
<p>{escape(info["description"].strip())}</p>
<p>Every message in full: <a href="openapi.json">openapi.json</a>, for any OpenAPI viewer or generator.</p>
{sections}
</body>
</html>
"""


def _section(method: str, path: str, operation: dict[str, Any]) -> str:
    scopes = ", ".join(operation["x-scopes"]) or "none needed"
    answers = "\n".join(_answer(status, answer) for status, answer in operation["responses"].items())
    return f"""<h2><code>{method} {escape(path)}</code></h2>
<p>{escape(operation.get("description", ""))}</p>
<p>Key: {escape(scopes)}</p>
<ul>
{answers}
</ul>"""


def _answer(status: str, answer: dict[str, Any]) -> str:
    return f"<li>{escape(status)}: {escape(answer['description'])}</li>"
