"""What goes wrong in a browser without the page showing it: requests elsewhere, refused content, script errors."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

LOCAL_SCHEMES = ("about:", "blob:", "data:")


class Recorder:
    """Collects the problems of every page of the contexts it watches. The fixture `recorder` fails a test on any."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []
        self._expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Record what the pages of this context do, those that it opens later included."""
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._error)

    def expect(self, part: str) -> None:
        """Let problems pass whose text holds `part`: what the test provokes."""
        self._expected.append(part)

    def unexpected(self) -> list[str]:
        """The problems that no `expect` covers."""
        return [text for text in self.problems if not any(part in text for part in self._expected)]

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", *LOCAL_SCHEMES)):
            self.problems.append(f"request to another origin: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and not response.request.is_navigation_request()):
            self.problems.append(f"answer {response.status}: {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        # Violations of the content security policy are errors too. A missing file is told better by its answer.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"script error: {error.error}")
