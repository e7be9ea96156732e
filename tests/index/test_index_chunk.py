"""Chunks: exact offsets, nothing visible lost, whole sentences, never more tokens than the encoder reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from index.chunk import Chunker, PieceSplitter
from index.clean import body, find_noise
from index.draft import Draft
from index.load import read_file
from rag.errors import ModelError
from rag.manifest import ChunkerSpec
from rag.passage import passage, title_share
from rag.sentences import sentences
from rag.types import Article, Chunk, Noise

CountTokens = Callable[[Sequence[str]], list[int]]
EXAMPLES = Path(__file__).parents[2] / "examples" / "articles"
BUDGET = 254
PIECES = (
    "One two three. ", "The U.S. Army left at 3.5 p.m. on Friday. ", "Mr. Orr said so to the others at the quay. ",
    "\n", "\n\n", "“What?” he asked. ", "\u200b\n", "\x0b", "\u2028", "\xa0", "e\u0301", "😀 ", "👩‍👩‍👧", "你好。世界",
    "word ", "1. ", "antidisestablishmentarianism", "x" * 120 + " ", "Analysis\n",
    "Harbour Pilots Were Months Without Wages\n", "…", ") ",
)  # fmt: skip
TEXTS = st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=80).map("".join)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def chunker(spec: ChunkerSpec = SMALL_CHUNKS, count: CountTokens = count_words, budget: int = BUDGET) -> Chunker:
    return Chunker(spec, count, budget)


def article(text: str, noise: tuple[Noise, ...] = (), title: str = "Title") -> Article:
    return Article("a", title, text, noise=noise)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Any text, with random whole ranges of it marked as noise."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    pairs = itertools.batched(cuts, 2) if hasattr(itertools, "batched") else zip(cuts[::2], cuts[1::2], strict=False)
    noise = tuple(Noise(*pair, "teaser") for pair in pairs if len(pair) == 2)
    return article(text, noise, draw(st.sampled_from(["", "Title", "A Title of Quite Some Words to Cut", "x" * 400])))


specs = st.builds(
    ChunkerSpec, max_tokens=st.integers(24, 160), overlap=st.integers(0, 60), title_tokens=st.integers(0, 48)
)


def check_offsets(source: Article, chunks: list[Chunk]) -> None:
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        text = source.text[chunk.start : chunk.end]
        assert text and text == text.strip()
        assert not any(mark.start < chunk.end and chunk.start < mark.end for mark in source.noise)
    for one, other in itertools.pairwise(chunks):
        assert one.start <= other.start and one.end < other.end


def check_covered(source: Article, chunks: list[Chunk]) -> None:
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    for span in body(source.text, source.noise):
        assert all(place in covered or source.text[place].isspace() for place in range(*span))


@given(articles(), specs)
@QUICK
def test_chunks_are_trimmed_ordered_ranges_of_the_body_that_hold_all_of_it(source: Article, spec: ChunkerSpec) -> None:
    cutter = chunker(spec)
    chunks = cutter.chunks(source)
    check_offsets(source, chunks)
    check_covered(source, chunks)
    assert chunker(spec).chunks(source) == chunks


@given(articles(), specs)
@QUICK
def test_no_passage_has_more_tokens_than_the_encoder_reads(
    count_tokens: CountTokens, source: Article, spec: ChunkerSpec
) -> None:
    cutter = chunker(spec, count_tokens)
    for chunk in cutter.chunks(source):
        text = source.text[chunk.start : chunk.end]
        assert count_tokens([text])[0] <= spec.max_tokens + 8
        assert count_tokens([cutter.passage(source.title, text)])[0] <= BUDGET


@given(articles())
@QUICK
def test_chunks_begin_and_end_with_sentences(source: Article) -> None:
    cutter = chunker()
    size = SMALL_CHUNKS.max_tokens - SMALL_CHUNKS.overlap
    regions = body(source.text, source.noise)
    spans = sentences(source.text)
    long = [s for s in spans if count_words([source.text[s.start : s.end]])[0] > size]
    starts = {s.start for s in spans} | {region.start for region in regions}
    ends = {s.end for s in spans} | {region.end for region in regions}
    for chunk in cutter.chunks(source):
        assert chunk.start in starts or any(s.start < chunk.start < s.end for s in long)
        # A sentence that noise cuts short ends where its visible part does.
        assert chunk.end in ends or any(s.start < chunk.end < s.end for s in long)


@given(articles(), specs)
@QUICK
def test_neighbouring_chunks_share_at_most_the_overlap(source: Article, spec: ChunkerSpec) -> None:
    for one, other in itertools.pairwise(chunker(spec).chunks(source)):
        shared = source.text[other.start : one.end] if other.start < one.end else ""
        assert count_words([shared])[0] <= spec.overlap


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 100_000, id="one-word-of-100000-characters"),
        pytest.param("ha" * 3_000 + ". The end.", id="long-word-then-a-sentence"),
        pytest.param("世界很大" * 2_000, id="chinese-without-a-stop"),
        pytest.param("世界很大。" * 800, id="chinese-sentences"),
        pytest.param("😀👩‍👩‍👧" * 1_500, id="emoji"),
        pytest.param("e\u0301" * 4_000, id="combining-accents"),
        pytest.param("\u200b\n" * 500 + "One.", id="lines-of-zero-width-spaces"),
        pytest.param(("One two three.\n\u200b\n") * 200, id="zero-width-lines-between-sentences"),
        pytest.param("a " * 20_000, id="one-sentence-of-20000-words"),
        pytest.param("." * 5_000, id="full-stops"),
    ],
)
def test_extreme_texts_are_cut_within_the_budget_and_nothing_is_lost(count_tokens: CountTokens, text: str) -> None:
    source = article(text)
    cutter = chunker(ChunkerSpec(), count_tokens)
    chunks = cutter.chunks(source)
    check_offsets(source, chunks)
    check_covered(source, chunks)
    for chunk in chunks:
        assert count_tokens([cutter.passage("Title", text[chunk.start : chunk.end])])[0] <= BUDGET


def test_chunks_of_a_known_text() -> None:
    ten = "one two three four five six seven eight nine ten.".capitalize()
    text = " ".join([ten] * 7)
    spec = ChunkerSpec(max_tokens=40, overlap=10, title_tokens=8)
    chunks = chunker(spec).chunks(article(text))
    # 30 words fit beside an overlap of 10: three sentences, then one shared and three more.
    step = len(ten) + 1
    assert [(c.start, c.end) for c in chunks] == [
        (0, 3 * step - 1),
        (2 * step, 6 * step - 1),
        (5 * step, 7 * step - 1),
    ]


def test_without_overlap_chunks_do_not_share_anything() -> None:
    text = "One two three four five six seven eight nine ten. " * 20
    chunks = chunker(ChunkerSpec(max_tokens=40, overlap=0, title_tokens=8)).chunks(article(text))
    assert all(one.end <= other.start for one, other in itertools.pairwise(chunks))


def test_a_chunk_does_not_reach_over_noise() -> None:
    text = "One two.\nTEASER\nThree four."
    chunks = chunker().chunks(article(text, (Noise(9, 15, "teaser"),)))
    assert [text[c.start : c.end] for c in chunks] == ["One two.", "Three four."]


def test_wrapped_lines_beside_noise_are_still_cut_at_sentences() -> None:
    block = (
        "The harbour was quiet on Monday, and nobody there could say\n"
        "why the ferry had not come in. The pilots who waited at the\n"
        "quay since seven had gone home.\n"
    )
    text = "\n".join([block, "Share this article\n", block, "Discuss\n", block])
    source = article(text, find_noise(text, ""))
    assert [mark.kind for mark in source.noise] == ["navigation", "navigation"]
    spans = sentences(text)
    chunks = chunker(ChunkerSpec(max_tokens=24, overlap=0, title_tokens=8)).chunks(source)
    # Two sentences a block, of 17 and 13 words: alone, the block is not told to be wrapped.
    assert len(chunks) == 6
    assert {chunk.start for chunk in chunks} <= {span.start for span in spans}
    assert {chunk.end for chunk in chunks} <= {span.end for span in spans}


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.stem)
def test_samples_are_cut_with_the_default_settings(path: Path, count_tokens: CountTokens) -> None:
    (draft,) = read_file(path)
    assert isinstance(draft, Draft)
    source = article(draft.text, find_noise(draft.text, draft.title), draft.title)
    cutter = chunker(ChunkerSpec(), count_tokens)
    chunks = cutter.chunks(source)
    check_offsets(source, chunks)
    check_covered(source, chunks)
    assert all(count_tokens([source.text[c.start : c.end]])[0] <= ChunkerSpec().max_tokens for c in chunks)


def test_an_encoder_that_reads_too_little_is_refused() -> None:
    with pytest.raises(ModelError, match="reads 30 tokens at once, too few"):
        chunker(budget=30)


# -- the passage ----------------------------------------------------------------------------------------------------


def test_a_passage_is_the_title_cut_to_its_share_then_the_chunk() -> None:
    cutter = chunker(ChunkerSpec(max_tokens=40, overlap=8, title_tokens=3))
    assert cutter.passage("One two three four five", "Text.") == "One two three\nText."
    assert cutter.passage("", "Text.") == "Text."


def test_a_title_whose_first_word_is_over_the_share_is_left_out() -> None:
    assert passage("x" * 90, "Text.", 8, len) == "Text."


def test_the_share_of_the_title_is_a_quarter_of_the_budget_at_most() -> None:
    assert title_share(ChunkerSpec(title_tokens=48), 100) == 25
    assert title_share(ChunkerSpec(title_tokens=8), 100) == 8


# -- merging of pieces ----------------------------------------------------------------------------------------------


@given(st.lists(st.text(min_size=1, max_size=20), max_size=40), st.integers(1, 60))
@QUICK
def test_merged_counts_sum_to_the_number_of_pieces_and_none_is_too_large(pieces: list[str], size: int) -> None:
    counts = PieceSplitter(size, len).merge(pieces)
    assert sum(counts) == len(pieces)
    assert all(count >= 1 for count in counts)
    first = 0
    for count in counts:
        assert count == 1 or sum(map(len, pieces[first : first + count])) <= size
        first += count


@given(st.lists(st.sampled_from(["a b ", "\u200b", "c ", " "]), max_size=30), st.integers(1, 8))
@QUICK
def test_pieces_without_a_token_are_counted_like_any_other(pieces: list[str], size: int) -> None:
    splitter = PieceSplitter(size, lambda text: len(text.replace("\u200b", "").split()))
    assert sum(splitter.merge(pieces)) == len(pieces)


@given(TEXTS)
@QUICK
def test_splitting_and_joining_gives_the_text_back(text: str) -> None:
    assume(text.strip())
    assert "".join(PieceSplitter(10, lambda piece: len(piece.split())).split_text(text)) == text
