"""The summarizer on real reports, where the evaluation data is at hand."""

import json
import re
from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from bot.domain.model import Document, Summary
from bot.summarize.extractive import ExtractiveSummarizer

pytestmark = pytest.mark.evaluation


def summaries(path: Path, limit: int | None = None) -> list[tuple[dict[str, object], Summary]]:
    """Summarize the clusters of a file of the evaluation data."""
    made = []
    for line in path.read_text(encoding="utf-8").splitlines()[:limit]:
        cluster = json.loads(line)
        documents = [
            Document(
                id=doc["id"],
                title=doc["title"],
                text=doc["text"],
                language=doc["lang"],
                source=doc["source"],
            )
            for doc in cluster["docs"]
        ]
        made.append(
            (cluster, ExtractiveSummarizer().summarize(documents, language=cluster["lang"]))
        )
    return made


def test_the_summit_article_tells_both_outcomes(evaluation_data: Path) -> None:
    """Shuttle diplomacy resumed and the trade measures ended: both told, cited, nothing else."""
    path = evaluation_data / "articles" / "japan-korea-summit-2023-03-16.txt"
    title, text = path.read_text(encoding="utf-8").split("\n", 1)
    article = Document(id="summit", title=title, text=text, language="en", source="the article")
    summary = ExtractiveSummarizer().summarize([article], language="en")
    told = " ".join(sentence.text for sentence in summary.sentences)
    assert re.search(r"resum\w+ of \"shuttle diplomacy", told)
    assert re.search(r"end of tit-for-tat trade measures", told)
    assert all(s.cites == ("summit",) and s.text in text for s in summary.sentences)
    assert len(told.split()) <= 60
    assert len(summary.sentences) <= 3


def test_the_trilingual_clusters_are_told_truly(evaluation_data: Path) -> None:
    """Every sentence is verbatim of a cited report, in the reader's language, and harmless."""
    for cluster, summary in summaries(evaluation_data / "summaries_dev.jsonl"):
        texts = {doc["id"]: doc["text"] for doc in cluster["docs"]}  # type: ignore[attr-defined]
        assert summary.language == cluster["lang"]
        assert summary.sentences
        for sentence in summary.sentences:
            assert sentence.text in texts[sentence.cites[0]]
            assert not re.search(r"[<>`]|https?:|\*|@everyone|[Ii]gnore all", sentence.text)


def test_summaries_come_close_to_a_humans(evaluation_data: Path) -> None:
    """On NeuS, at 60 words, ROUGE and the headline's beat the centroid and medoid baselines.

    The bounds leave a little room below what is measured: one story of 307 moves them by .003.
    """
    made = summaries(evaluation_data / "neus_val.jsonl")
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    total = dict.fromkeys(("rouge1", "rouge2", "rougeL", "headline"), 0.0)
    for cluster, summary in made:
        told = " ".join(sentence.text for sentence in summary.sentences)
        assert len(told.split()) <= 60
        for name, score in scorer.score(str(cluster["reference"]), told).items():
            total[name] += score.fmeasure / len(made)
        headline = scorer.score(str(cluster["reference_headline"]), summary.headline)
        total["headline"] += headline["rouge1"].fmeasure / len(made)
    assert total["rouge1"] >= 0.395
    assert total["rouge2"] >= 0.18
    assert total["rougeL"] >= 0.275
    assert total["headline"] >= 0.44
