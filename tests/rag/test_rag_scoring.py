"""Readers at work: models of a few kilobytes, compiled, agree with PyTorch, and answer through library and command."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from fakes import SMALL_CHUNKS, FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from rag_tiny import make_tiny, make_tiny_reader

import rag
from index.sync import sync
from rag.cli import main
from rag.encoder import Encoder, load_encoder
from rag.errors import ModelError
from rag.export import compiled, home, read_compiled
from rag.library import Library
from rag.pairs import SPAN_TOKENS
from rag.readers import SHIPPED, ReaderSpec, named, padding
from rag.scoring import (
    AGREEMENT,
    BATCH,
    PROBES,
    QUANTISED,
    SPANS,
    PairModel,
    Reranked,
    Scored,
    Scorer,
    _verdict,
    agreement,
    load_scorer,
    reader_name,
)
from rag.spec import file_sha256
from rag.types import Settings

ASKED = "Who said the harbour bridge will stay closed?"
PASSAGES = (
    ("Monday", "The pilots of the ferry said it on Monday; the council rose."),
    ("", "Prices rose 3.2 percent."),
    ("The harbour bridge", "The harbour bridge will stay closed to lorries until Monday, the statistics office said."),
    ("", "ferry"),
    ("", "Who mediated the swap? The council had expected lorries in July."),
    ("", "The bridge will stay closed, the pilots said."),
)
ARTICLES = {
    "bridge": "The harbour bridge will stay closed to lorries until July, the council said on Monday. Pilots rose.",
    "prices": "Prices rose 3.2 percent in July, the statistics office reported. The ferry pilots had expected it.",
    "swap": "The council mediated the swap on Monday. The ferry will stay closed until the middle of next year.",
}
ANY = Settings(min_confidence=0)


class Models(NamedTuple):
    """Folders of models, and of a library made with the tiny encoder; all are compiled in `cache`."""

    qa: Path
    reranker: Path
    library: Path
    cache: Path


@pytest.fixture(scope="session")
def boxed(real_encoder: Encoder) -> Scorer:
    """The reader in the box, loaded before a test chooses another cache."""
    return load_scorer()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, boxed: Scorer) -> Iterator[Models]:
    place = tmp_path_factory.mktemp("readers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTICLE_RAG_CACHE", str(place / "cache"))
        encoder = load_encoder(str(make_tiny(place / "encoder")))
        (place / "articles").mkdir()
        for name, text in ARTICLES.items():
            (place / "articles" / f"{name}.txt").write_text(text, "utf-8")
        sync([place / "articles"], place / "library", encoder=encoder, chunker=SMALL_CHUNKS)
        qa = make_tiny_reader(place / "qa", "qa")
        reranker = make_tiny_reader(place / "reranker", "reranker", seed=8)
        yield Models(qa, reranker, place / "library", place / "cache")


@pytest.fixture(scope="module")
def qa(models: Models) -> PairModel:
    """In full precision."""
    return plain(models.qa, "qa")


@pytest.fixture(scope="module")
def reranker(models: Models) -> PairModel:
    return plain(models.reranker, "reranker")


def plain(folder: Path, kind: Any) -> PairModel:
    found, spec = named(str(folder), kind)
    return PairModel(compiled(found, spec), spec, filler=padding(found), precision="f32")


def logits(folder: Path, architecture: str, question: str, passage: tuple[str, str]) -> tuple[Any, Any, Any]:
    """What transformers gives for one pair: its outputs, and which tokens are the text's, with their offsets."""
    import torch
    import transformers

    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(str(folder))
    model = getattr(transformers, architecture).from_pretrained(str(folder)).eval()
    head = f"{passage[0]}\n" if passage[0] else ""
    encoded = tokenizer(
        question, head + passage[1], return_offsets_mapping=True, return_token_type_ids=True, return_tensors="pt"
    )  # fmt: skip
    offsets = encoded.pop("offset_mapping")[0].numpy() - len(head)
    own = np.array([place == 1 for place in encoded.sequence_ids(0)]) & (offsets[:, 0] >= 0)
    with torch.no_grad():
        return model(**encoded), own, offsets


# -- agreement with PyTorch -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: passage[1][:12])
def test_a_question_answering_model_says_what_pytorch_says(
    models: Models, qa: PairModel, passage: tuple[str, str]
) -> None:
    outputs, own, offsets = logits(models.qa, "AutoModelForQuestionAnswering", ASKED, passage)
    starts, ends = outputs.start_logits[0].numpy(), outputs.end_logits[0].numpy()

    def chances(scores: Any) -> Any:
        return scores[own] - np.log(np.exp(scores[own]).sum())

    joint = chances(starts)[:, None] + chances(ends)[None, :]
    allowed = [(i, j) for i in range(own.sum()) for j in range(i, min(own.sum(), i + SPAN_TOKENS))]
    first, last = max(allowed, key=lambda pair: joint[pair])
    (found,) = qa.score(ASKED, [passage])
    assert tuple(found.spans[0][0]) == (offsets[own][first, 0], offsets[own][last, 1])
    assert found.spans[0][1] == pytest.approx(float(joint[first, last]), abs=0.05)
    null = starts[own].max() + ends[own].max() - starts[0] - ends[0]
    assert found.relevant == found.answers == pytest.approx(float(null), abs=0.1)


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: passage[1][:12])
def test_a_reranker_says_what_pytorch_says(models: Models, reranker: PairModel, passage: tuple[str, str]) -> None:
    outputs, *_ = logits(models.reranker, "AutoModelForSequenceClassification", ASKED, passage)
    (found,) = reranker.score(ASKED, [passage])
    assert found.relevant == found.answers == pytest.approx(float(outputs.logits[0, 0]), abs=0.05)
    assert found.spans == ()


def test_verdicts_differ_from_passage_to_passage(qa: PairModel, reranker: PairModel) -> None:
    for model in (qa, reranker):
        assert np.std([one.answers for one in model.score(ASKED, PASSAGES)]) > 0.1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([1.5], 1.5, id="one-label"),
        pytest.param([1.0, 3.0], 2.0, id="two-labels"),
        pytest.param([0.0, 0.0, 0.0], -math.log(2), id="three-labels"),
    ],
)
def test_the_last_label_is_the_verdict(given: list[float], expected: float) -> None:
    assert _verdict(np.array(given, np.float32)) == pytest.approx(expected)


# -- scoring --------------------------------------------------------------------------------------------------------


def near(one: Sequence[Scored], other: Sequence[Scored]) -> bool:
    verdicts = [[(score.relevant, score.answers) for score in scores] for scores in (one, other)]
    spans = [[span for score in scores for span, _ in score.spans[:1]] for scores in (one, other)]
    return spans[0] == spans[1] and bool(np.allclose(verdicts[0], verdicts[1], atol=0.02))


def test_passages_are_scored_in_their_order_however_many(qa: PairModel) -> None:
    many = [*PASSAGES, *reversed(PASSAGES), *PASSAGES]
    assert len(many) > 2 * BATCH
    alone = [one for passage in many for one in qa.score(ASKED, [passage])]
    assert near(qa.score(ASKED, many), alone)


def test_no_passages_have_no_scores(qa: PairModel) -> None:
    assert qa.score(ASKED, []) == []


def test_a_text_for_which_there_is_no_room_has_no_spans(qa: PairModel) -> None:
    crowded, empty = qa.score(ASKED, [("x " * 100, "The pilots."), ("", "")])
    assert crowded.spans == empty.spans == ()
    assert math.isfinite(crowded.answers) and math.isfinite(empty.answers)


def test_many_threads_get_the_scores_of_one(qa: PairModel) -> None:
    expected = qa.score(ASKED, PASSAGES)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: qa.score(ASKED, PASSAGES), range(16)):
            assert near(found, expected)


TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from(["ferry ", "pilots", "\n", "é", "😀", ". ", "1", "xyz", " "]), max_size=40
).map("".join)  # fmt: skip


@given(TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=3))
@settings(max_examples=40, deadline=None)
def test_spans_are_inside_their_text_and_apart(qa: PairModel, question: str, passages: list[tuple[str, str]]) -> None:
    scores = qa.score(question, passages)
    assert len(scores) == len(passages)
    for score, (_, text) in zip(scores, passages, strict=True):
        assert math.isfinite(score.answers) and len(score.spans) <= SPANS
        chances = [chance for _, chance in score.spans]
        assert chances == sorted(chances, reverse=True) and all(chance <= 1e-3 for chance in chances)
        taken = [place for span, _ in score.spans for place in range(span.start, span.end)]
        assert len(set(taken)) == len(taken) and set(taken) <= set(range(len(text)))
        assert all(text[span.start : span.end].strip() for span, _ in score.spans)


# -- precision ------------------------------------------------------------------------------------------------------


def test_the_precision_that_is_chosen_agrees_with_pytorch(models: Models) -> None:
    folder, spec = named(str(models.qa), "qa")
    path = compiled(folder, spec)
    chosen = PairModel(path, spec)
    assert chosen.precision in ("bf16", "f32")
    assert agreement(chosen, np.load(path / "probes.npy", allow_pickle=False)) >= AGREEMENT


def test_where_outputs_do_not_agree_it_is_full_precision(models: Models, tmp_path: Path) -> None:
    folder, spec = named(str(models.qa), "qa")
    path = shutil.copytree(compiled(folder, spec), tmp_path / "copy")
    reference = np.load(path / "probes.npy", allow_pickle=False)
    np.save(path / "probes.npy", -reference)
    model = PairModel(path, spec)
    assert model.precision == "f32"
    assert agreement(model, reference) >= AGREEMENT
    assert agreement(model, -reference) == pytest.approx(-agreement(model, reference))


# -- loading --------------------------------------------------------------------------------------------------------


def test_names_of_readers() -> None:
    assert reader_name() == SHIPPED
    assert reader_name("mine") == "mine"
    assert reader_name(None, "judge") == f"{SHIPPED} reranked by judge"
    assert reader_name("mine", "judge") == "mine reranked by judge"


def test_a_model_is_loaded_once_in_a_process(models: Models) -> None:
    first = load_scorer(str(models.qa))
    assert load_scorer(str(models.qa)) is first
    assert first.name == reader_name(str(models.qa))


def test_a_reranker_s_verdicts_go_with_a_reader_s_spans(models: Models, qa: PairModel, reranker: PairModel) -> None:
    both = Reranked(qa, reranker)
    read, judged = qa.score(ASKED, PASSAGES), reranker.score(ASKED, PASSAGES)
    for found, one, other in zip(both.score(ASKED, PASSAGES), read, judged, strict=True):
        assert near([found], [Scored(other.relevant, other.answers, one.spans)])
    loaded = load_scorer(str(models.qa), str(models.reranker))
    assert loaded.name == reader_name(str(models.qa), str(models.reranker))


@pytest.mark.parametrize("swapped", ["reader", "reranker"])
def test_a_model_of_the_other_kind_is_refused(models: Models, swapped: str) -> None:
    reader, judge = (models.reranker, None) if swapped == "reader" else (models.qa, str(models.qa))
    with pytest.raises(ModelError, match=r"expected an? .*: name another model"):
        load_scorer(str(reader), judge)


def test_what_is_compiled_is_kept_and_is_whole(models: Models) -> None:
    for folder, kind in ((models.qa, "qa"), (models.reranker, "reranker")):
        spec = named(str(folder), kind)[1]  # type: ignore[arg-type]
        facts = read_compiled(compiled(folder, spec))
        assert facts is not None
        assert (facts["runtime"], facts["spec"]) == ("openvino", asdict(spec))
        assert set(facts["files"]) == {"model.xml", "model.bin", "tokenizer.json", "probes.npy"}
    assert {path.name for path in (models.cache / "readers").iterdir() if path.name.startswith(".")} == set()


def test_a_damaged_compiled_model_is_made_again(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, spec = named(str(models.reranker), "reranker")
    whole = compiled(folder, spec)
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "cache"))
    target = shutil.copytree(whole, home(spec))
    assert compiled(folder, spec) == target
    (target / "model.bin").write_bytes(b"damaged")
    assert read_compiled(target) is None
    assert compiled(folder, spec) == target
    assert read_compiled(target) is not None


def test_weights_that_are_not_complete_are_one_line_of_error_and_not_random_scores(
    models: Models, tmp_path: Path
) -> None:
    folder = shutil.copytree(models.qa, tmp_path / "broken")
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(ModelError, match=r"could not be compiled: .*are not complete for its configuration") as caught:
        load_scorer(str(folder))
    assert "\n" not in str(caught.value)


# -- our own kind ---------------------------------------------------------------------------------------------------

CONVERT = """
import sys
sys.modules["openvino_telemetry"] = None
from pathlib import Path
import rag.export_reader
from rag.readers import ReaderSpec
base, weights, work = map(Path, sys.argv[2:])
SPEED_UP = float(sys.argv[1])
rag.export_reader.weights_file = lambda: weights
def speed_up(*_):
    if not SPEED_UP:
        raise RuntimeError("no descriptor")
    return SPEED_UP
rag.export_reader.speed_up = speed_up
rag.export_reader.fastest = lambda: "f32"
rag.export_reader.convert(base, ReaderSpec("own", "reader", "a" * 64, "b" * 64, 62), work)
"""


@pytest.mark.parametrize(
    ("precision", "speed_up", "near"),
    [("f32", 1.0, 0.05), ("f32", 0.0, 0.05), (QUANTISED, 2.0, 0.4)],
    ids=["full-precision", "8-bits-that-fail", "8-bits-where-they-are-faster"],
)
def test_a_trained_reader_says_what_pytorch_says(tmp_path: Path, precision: str, speed_up: float, near: float) -> None:
    """Spans and two verdicts, of weights laid over a base model."""
    import torch
    from safetensors.torch import save_file

    from rag.network import FROZEN, LAYERS, RANGE, network, trained

    base = make_tiny_reader(tmp_path / "base", "base")
    made = network(base)
    torch.manual_seed(1)
    for head in (made.spans, made.verdict):
        torch.nn.init.normal_(head.weight, std=0.5)
        torch.nn.init.normal_(head.bias, std=0.5)
    own = {name: tensor for name, tensor in made.state_dict().items() if not name.startswith(FROZEN)}
    for layer in range(LAYERS):
        name = f"bert.encoder.layer.{layer}.intermediate.dense"
        channels = own[f"{name}.weight"].shape[1]
        own[name + RANGE] = torch.tensor([[-4.0], [4.0]]).expand(2, channels).contiguous()
    save_file(own, str(tmp_path / "own.safetensors"))
    work = tmp_path / "work"
    work.mkdir()
    shutil.copyfile(base / "tokenizer.json", work / "tokenizer.json")
    done = subprocess.run(
        [sys.executable, "-c", CONVERT, str(speed_up), str(base), str(tmp_path / "own.safetensors"), str(work)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    spec = ReaderSpec("own", "reader", "a" * 64, "b" * 64, 62)
    assert (PairModel(work, spec).precision == QUANTISED) is (precision == QUANTISED)
    model = PairModel(work, spec, precision=precision)
    network_ = trained(base, tmp_path / "own.safetensors")
    pairs = model.laid_out(ASKED, PASSAGES)
    for pair, score in zip(pairs, model.score(ASKED, PASSAGES), strict=True):
        inputs = {name: torch.from_numpy(array) for name, array in PairModel.inputs([pair], spec).items()}
        with torch.no_grad():
            spans, verdict = network_(**inputs)
        assert [score.relevant, score.answers] == pytest.approx(verdict[0].tolist(), abs=near)
        body = spans[0, pair.first : pair.first + len(pair.offsets), 0].numpy()
        assert score.spans[0][1] <= float(body.max() - np.log(np.exp(body).sum())) + near


def test_weights_that_do_not_fit_the_network_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from rag.network import FROZEN, network, trained

    base = make_tiny_reader(tmp_path / "base", "base")
    made = network(base)
    frozen = {name for name, parameter in made.named_parameters() if not parameter.requires_grad}
    assert frozen == {name for name, _ in made.named_parameters() if name.startswith(FROZEN)} != set()
    own = {name: tensor for name, tensor in made.state_dict().items() if not name.startswith(FROZEN)}
    for changed in ({"spans.bias": None}, {"other.bias": own["spans.bias"].clone()}):
        given = {name: tensor for name, tensor in (own | changed).items() if tensor is not None}
        save_file(given, str(tmp_path / "w.safetensors"))
        with pytest.raises(RuntimeError, match=rf"(lacks|and has) \['{next(iter(changed))}"):
            trained(base, tmp_path / "w.safetensors")


def test_the_reader_in_the_box_proposes_words_of_the_passages(boxed: Scorer) -> None:
    """What it answers is for the evaluation to tell."""
    assert boxed.name == SHIPPED
    passages = [*PROBES[1], ("", "Ada Lind reopened the harbour bridge. " * 60), ("", "")]
    for score, (_, text) in zip(boxed.score(PROBES[0], passages), passages, strict=True):
        assert math.isfinite(score.relevant) and math.isfinite(score.answers)
        assert len(score.spans) <= SPANS and bool(score.spans) is bool(text)
        assert all(0 <= span.start < span.end <= len(text) for span, _ in score.spans)


# -- in a library ---------------------------------------------------------------------------------------------------


def sigmoid(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


@pytest.mark.parametrize("judged", [False, True], ids=["reader", "reader-and-reranker"])
def test_a_library_answers_with_a_named_model(models: Models, judged: bool) -> None:
    judge = str(models.reranker) if judged else None
    with rag.open(models.library, reader=str(models.qa), reranker=judge) as opened:
        assert opened.info.reader == reader_name(str(models.qa), judge)
        answer = opened.ask(ASKED, settings=ANY)
        assert answer.answered and answer.citations and answer.short
        for citation in answer.citations:
            assert opened.article(citation.article_id).text[citation.start : citation.end] == citation.quote
    assert answer.provenance.reader == reader_name(str(models.qa), judge)
    # A model that nothing was fitted with is taken at its word.
    assert answer.confidence == pytest.approx(sigmoid(answer.evidence.answers))


def test_a_reranker_alone_judges_what_the_reader_in_the_box_reads(
    models: Models, boxed: Scorer, reranker: PairModel
) -> None:
    with rag.open(models.library, reranker=str(models.reranker)) as opened:
        assert opened.info.reader == f"{SHIPPED} reranked by {models.reranker}"
    assert isinstance(boxed, PairModel)
    judged = Reranked(boxed, reranker).score(ASKED, PASSAGES)
    assert [one.spans for one in judged] == [one.spans for one in boxed.score(ASKED, PASSAGES)]
    assert [one.answers for one in judged] == [one.answers for one in reranker.score(ASKED, PASSAGES)]


def test_a_model_that_cannot_be_read_is_an_error_of_the_first_question(models: Models, tmp_path: Path) -> None:
    with rag.open(models.library, reader=str(tmp_path)) as opened:
        assert opened.search("harbour bridge").passages
        for _ in range(2):
            with pytest.raises(ModelError, match=r"config\.json is missing"):
                opened.ask(ASKED)


def test_an_encoder_given_by_hand_goes_with_a_named_reader(models: Models, library: Path) -> None:
    with Library(library, encoder=FakeEncoder(), reader=str(models.qa)) as opened:
        assert opened.ask("Who are the gecko keepers?", settings=ANY).provenance.reader == str(models.qa)


# -- the command ----------------------------------------------------------------------------------------------------

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(models: Models, capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--library", str(models.library)])
        return code, *capfd.readouterr()

    return call


def test_the_command_asks_with_named_models(run: Run, models: Models, tmp_path: Path) -> None:
    named_ = ["--reader", str(models.qa), "--reranker", str(models.reranker)]
    code, out, err = run("ask", ASKED, *named_, "--min-confidence", "0", "--json")
    assert (code, err) == (0, "")
    saved = json.loads(out)
    assert saved["provenance"]["reader"] == reader_name(str(models.qa), str(models.reranker))
    assert saved["answered"] and saved["citations"]
    (tmp_path / "answer.json").write_text(out, "utf-8")
    assert run("replay", str(tmp_path / "answer.json"), *named_) == (0, "The same answer.\n", "")
    code, out, _ = run("replay", str(tmp_path / "answer.json"), "--reader", str(models.qa))
    flat = " ".join(out.split()).replace(" ", "")
    assert f"Thereaderwas{reader_name(str(models.qa), str(models.reranker))}".replace(" ", "") in flat


@pytest.mark.parametrize(
    ("option", "which", "message"),
    [
        ("--reader", "reranker", "holds BertForSequenceClassification, expected an extractive question-answering"),
        ("--reranker", "qa", "holds BertForQuestionAnswering, expected a CrossEncoder"),
    ],
    ids=["reader", "reranker"],
)
def test_a_model_of_the_wrong_kind_is_one_line_of_error(
    run: Run, models: Models, option: str, which: str, message: str
) -> None:
    # With the other model given too, so that the reader in the box is not needed.
    rest = [] if option == "--reader" else ["--reader", str(models.qa)]
    code, out, err = run("ask", ASKED, option, str(getattr(models, which)), *rest)
    assert (code, out) == (1, "")
    assert message in " ".join(err.split()) and err.count("\n") == 1


def test_a_model_without_safetensors_is_one_line_of_error(run: Run, models: Models, tmp_path: Path) -> None:
    folder = shutil.copytree(models.qa, tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    code, out, err = run("ask", ASKED, "--reader", str(folder))
    assert (code, out) == (1, "")
    assert err == f"{folder} needs *.safetensors weights and a tokenizer.json: save the model again with both.\n"


WATCHED = """
import json, sys
from rag.cli import main
code = main(["ask", sys.argv[1], "--library", sys.argv[2], "--reader", sys.argv[3], "--reranker", sys.argv[4],
             "--json", "--min-confidence", "0"])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def test_asking_with_compiled_models_imports_no_pytorch_and_writes_nothing(models: Models, tmp_path: Path) -> None:
    for folder, kind in ((models.qa, "qa"), (models.reranker, "reranker")):
        assert read_compiled(home(named(str(folder), kind)[1]))  # type: ignore[arg-type]
    before = {path: file_sha256(path) for path in models.cache.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, ASKED, str(models.library), str(models.qa), str(models.reranker)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"ARTICLE_RAG_CACHE": str(models.cache), "HOME": str(tmp_path)},
    )  # fmt: skip
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    assert json.loads(done.stdout)["answered"]
    heavy = {"torch", "transformers", "sentence_transformers", "openvino_telemetry", "safetensors", "huggingface_hub"}
    assert set(loaded).isdisjoint(heavy)
    assert {path: file_sha256(path) for path in models.cache.rglob("*") if path.is_file()} == before
    assert list(tmp_path.iterdir()) == []
