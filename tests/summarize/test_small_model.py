"""A real small model as the writer: it makes things up, and none of it is told.

Opt-in: name a model file (GGUF) in STRAIT_TEST_MODEL and install xllamacpp, which serves it
as an OpenAI-compatible endpoint. CONTRIBUTING.md says how.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.spending import Budget
from bot.summarize.candidates import is_safe
from bot.summarize.endpoint import Endpoint, EndpointConfig
from bot.summarize.grounding import Grounded, Grounding
from bot.summarize.llm import LlmSummarizer, NameTable
from tests.summarize.test_llm import REPORTS, Ledger, names_in

MODEL = os.environ.get("STRAIT_TEST_MODEL", "")

pytestmark = pytest.mark.skipif(
    not MODEL, reason="opt-in: name a model file (GGUF) in STRAIT_TEST_MODEL"
)


@pytest.fixture
async def model() -> AsyncIterator[LlmSummarizer]:
    llama = pytest.importorskip("xllamacpp", reason="needs xllamacpp")
    params = llama.CommonParams()
    params.model.path = str(Path(MODEL))
    params.n_ctx = 8192
    params.n_parallel = 1
    server = llama.Server(params)
    config = EndpointConfig(model="small", base_url=f"{server.listening_address}/v1", timeout=300.0)
    endpoint = Endpoint(config)
    yield LlmSummarizer(
        endpoint, names=NameTable(names_in=names_in), ledger=Ledger(), budget=Budget()
    )
    await endpoint.close()


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
async def test_nothing_is_told_that_no_report_says(model: LlmSummarizer, language: str) -> None:
    """Each sentence stands in the reports it cites; no instruction of theirs is obeyed."""
    summary = await model.summarize(REPORTS, language=language, max_words=60)
    grounding = Grounding(REPORTS, names_in)
    assert summary.sentences
    for sentence in summary.sentences:
        verdict = grounding.check(sentence.text, sentence.cites, language=summary.language)
        assert isinstance(verdict, Grounded), sentence
        assert is_safe(sentence.text)
        assert "bankrupt" not in sentence.text
    assert "bankrupt" not in summary.headline
