"""One request to an OpenAI-compatible chat endpoint: bounded, retried once, its errors told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

# A busy endpoint is asked again at once only where it says that this takes no longer (seconds).
PATIENCE = 5.0
ATTEMPTS = 2
FIRST_PAUSE = 0.5
TOO_MANY, BAD_REQUEST, SERVER_ERROR = 429, 400, 500
UNPROCESSABLE = 422
# Steady words serve a digest; models repeat themselves endlessly at 0.
TEMPERATURE = 0.2


class EndpointError(Exception):
    """The endpoint gave no answer; ``retry_after`` is how many seconds it asks to wait."""

    def __init__(self, problem: str, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointConfig:
    """Where a model is found. ``timeout`` (seconds) bounds one attempt as a whole."""

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a model wrote, and what it was counted as (0 where the endpoint does not say)."""

    content: str
    tokens_in: int
    tokens_out: int


class Endpoint:
    """Asks one model. Close it when it is no longer used."""

    def __init__(self, config: EndpointConfig) -> None:
        """Connect to nothing yet; the client library is imported with the first request."""
        self._config = config
        self._client: AsyncOpenAI | None = None
        # Structured output is new to many servers: what one refuses is not asked of it again.
        self._formats = ["json_schema", "json_object", ""]

    @property
    def model(self) -> str:
        """The model's name."""
        return self._config.model

    async def ask(
        self, messages: Sequence[dict[str, str]], *, schema: dict[str, Any], most: int
    ) -> Answer:
        """Return the model's answer of at most ``most`` tokens; raises EndpointError for none."""
        pause, problem = FIRST_PAUSE, EndpointError("The model was not asked.")
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause)
            try:
                return await self._in_some_format(messages, schema, most)
            except EndpointError as error:
                problem, pause = error, error.retry_after or FIRST_PAUSE
                if pause > PATIENCE or not error.__cause__ or _is_final(error.__cause__):
                    break
        raise problem

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.close()

    async def _in_some_format(
        self, messages: Sequence[dict[str, str]], schema: dict[str, Any], most: int
    ) -> Answer:
        import openai  # noqa: PLC0415 - only those who use a model load its library

        while True:
            try:
                async with asyncio.timeout(self._config.timeout):
                    return await self._once(messages, schema, most)
            except TimeoutError as error:
                raise EndpointError(
                    f"The model did not answer within {self._config.timeout:.0f} s."
                ) from error
            except openai.APIStatusError as error:
                refused = error.status_code in {BAD_REQUEST, UNPROCESSABLE}
                if refused and len(self._formats) > 1:
                    del self._formats[0]
                    continue
                raise _told(error) from error
            except openai.OpenAIError as error:
                raise EndpointError(f"The model cannot be reached ({_short(error)}).") from error

    async def _once(
        self, messages: Sequence[dict[str, str]], schema: dict[str, Any], most: int
    ) -> Answer:
        asked: dict[str, Any] = {"model": self.model, "messages": list(messages)}
        asked |= {"temperature": TEMPERATURE, "max_tokens": most}
        if shape := _format(self._formats[0], schema):
            asked["response_format"] = shape
        given = await self._connected().chat.completions.create(**asked)
        usage = given.usage
        content = given.choices[0].message.content if given.choices else None
        return Answer(
            content=content or "",
            tokens_in=usage.prompt_tokens if usage else 0,
            tokens_out=usage.completion_tokens if usage else 0,
        )

    def _connected(self) -> "AsyncOpenAI":
        if self._client is None:
            from openai import AsyncOpenAI  # noqa: PLC0415

            # Local servers take any key, and the client insists on one.
            self._client = AsyncOpenAI(
                base_url=self._config.base_url,
                api_key=self._config.api_key or "none",
                timeout=self._config.timeout,
                max_retries=0,
            )
        return self._client


def _format(name: str, schema: dict[str, Any]) -> dict[str, Any] | None:
    if name == "json_schema":
        wanted = {"name": "summary", "strict": True, "schema": schema}
        return {"type": name, "json_schema": wanted}
    return {"type": name} if name else None


def _is_final(cause: BaseException) -> bool:
    """Tell whether asking again is of no use: the request itself is refused."""
    status = getattr(cause, "status_code", None)
    return status is not None and status != TOO_MANY and status < SERVER_ERROR


def _told(error: "APIStatusError") -> EndpointError:
    try:
        wait = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        wait = None
    mend = {
        401: "check LLM_API_KEY",
        403: "check what LLM_API_KEY may use",
        404: "check LLM_BASE_URL and LLM_MODEL",
        429: "it limits requests; less often, or another plan",
    }.get(error.status_code, "see the endpoint's log")
    return EndpointError(f"The model's endpoint answers {error.status_code}: {mend}.", wait)


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
