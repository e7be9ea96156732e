"""Follow-ups are made to stand alone, and questions that do already are left as they are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.followup import Turn, rewritten
from rag.types import MAX_QUESTION_CHARS, Answer, Citation, Provenance, Settings, Short, Timings
from rag.types import Filters as AnyFilters

FROM = Provenance("library", 1, "fake", "0", Settings(), AnyFilters())


def turn(question: str, short: str | None = None, quote: str | None = None, *, answered: bool = True) -> Turn:
    """A question with its answer; the quote holds the short answer where no other is given."""
    text = quote or (f"They said it was {short}." if short else "Nothing else was reported.")
    start = max(text.find(short), 0) if short else 0
    cited = Citation(1, "a", "Title", "The Courier", None, date(2025, 5, 1), 0, len(text), text)
    said = Short(short, "a", start, start + len(short), 1) if short and answered else None
    citations = (cited,) if answered else ()
    answer = Answer(question, answered, text, 0.9, citations, (), Timings(), FROM, short=said)
    return Turn(question, answer)


TARN = turn("Who won the Tarn Cup in 2021?", "Keld Rovers")
BRIDGE = turn("How many people were hurt in the Garrow Bridge collapse?", "17")
FOUNDER = turn("Who founded Brightwell Mills?", "Oren Tavish")
FILM = (turn("Who directed Salt Harbour?", "Ines Corvo"), turn("How much did the film cost?", "$4 million"))

HELD_OUT: dict[str, tuple[tuple[Turn, ...], str, str | None]] = {
    "founder-and-mill": ((FOUNDER,), "When did he found it?", "When did Oren Tavish found Brightwell Mills?"),
    "pilot-there": (
        (turn("Where did Maria Lindqvist train as a pilot?", "Tromsø"),),
        "How long did she stay there?",
        "How long did Maria Lindqvist stay in Tromsø?",
    ),
    "event-it": ((BRIDGE,), "When did it happen?", "When did the Garrow Bridge collapse happen?"),
    "two-airlines": (
        (turn("Which airlines cancelled flights to Keld?", "Norvik Air and Baltair"),),
        "When will they resume flights?",
        "When will Norvik Air and Baltair resume flights?",
    ),
    "and-of": (
        (turn("What is the population of Estonia?", "1.3 million"),),
        "And of Latvia?",
        "What is the population of Latvia?",
    ),
    "why-of-a-vote": (
        (turn("Did Senator Ruth Halloran vote for the harbour bill?"),),
        "Why?",
        "Why did Senator Ruth Halloran vote for the harbour bill?",
    ),
    "other-year": ((TARN,), "What about 2022?", "Who won the Tarn Cup in 2022?"),
    "mayor-age": (
        (turn("Who is the mayor of Port Sable?", "Dina Okafor"),),
        "How old is she?",
        "How old is Dina Okafor?",
    ),
    "stolen-mask": (
        (turn("What did Emil Brandt steal from the museum?", "a bronze mask"),),
        "Where was it found?",
        "Where was the bronze mask found?",
    ),
    "two-back": (FILM, "What is her next film?", "What is Ines Corvo's next film?"),
    "this-dam": ((turn("When was the Ludden dam built?", "1931"),), "Who built this dam?", "Who built the Ludden dam?"),
    "after-a-refusal": (
        (turn("Why did Pavel Roth leave Hexa Corp?", answered=False),),
        "When did he leave?",
        "When did Pavel Roth leave?",
    ),
    "minister-she": ((FOUNDER,), "Did the minister say she would resign?", None),
    "take-to": ((BRIDGE,), "How long did it take to rebuild the Garrow Bridge?", None),
    "is-it-true": ((BRIDGE,), "Is it true that Norvik Air went bankrupt?", None),
    "that-conjunction": ((BRIDGE,), "Who said that the dam was unsafe?", None),
    "are-there": ((BRIDGE,), "Are there any survivors?", None),
    "no-follow-up": ((TARN,), "What is the population of Latvia?", None),
    "he-of-a-mountain": ((turn("How high is Mount Keld?", "2,310 metres"),), "How old is he?", None),
    "that-relative": ((FOUNDER,), "Which law did the judge that freed Emil Brandt cite?", None),
    "its-own": ((TARN,), "Why did Hexa Corp sell its factory?", None),
    "nothing-before": ((), "When did they meet?", None),
    "that-film": (FILM, "Where is the film that Ines Corvo directed being shown?", None),
    "snow": ((turn("Where did Maria Lindqvist train?", "Tromsø"),), "Did it snow in Tromsø on Friday?", None),
}
"""Written before the rules and not tuned on: of its 12 follow-ups 10 were right at first, of its 12 others all."""

MISSES = {"pilot-there": 'an indefinite "as a pilot" passes for a second person, so "she" stays'}


PRISONER = turn("Who was freed from a jail in Velmora?", "Whelan", "Paul Whelan was flown home after a swap in Ankara.")
LAUNCH = turn("When did Hexa Corp open the battery plant in Keld?", "on 3 May 2019")
DAM = turn("Why did the Ludden dam collapse?", quote="Engineers blamed heavy rain.")
MINISTER = turn("Did the energy minister resign?", quote="Energy minister Petra Solberg stepped down on Monday.")
TREATY = turn("Which countries signed the Skarn treaty?", "Norway and Iceland")
PAIR = turn("Who did Maria Lindqvist marry?", "Tom Ferrant")
ARREST = turn("Who was arrested in Port Sable?", "Emil Brandt")
STOLEN = turn("What was stolen from the Aldgate museum?", "A painting by Vos")
QUAKE = turn("Where did the earthquake strike?", "in the village of Oster")
VOTES = turn("How many people voted in Estonia?", "615,000")
SHOW = turn("Which company bought the Daily Lantern?", "Norvik Media")
STRIKE = turn("Did the pilots call off the strike?", quote="The pilots' union said it was off.")
UNKNOWN = turn("What did Ambassador Lena Okoro say about the ceasefire?", answered=False)
EMPTY = turn("Who is the chief of the Tarn police?", answered=False)

FOLLOW_UPS: dict[str, tuple[tuple[Turn, ...], str, str]] = {
    "age-in-full": ((PRISONER,), "How old is he?", "How old is Paul Whelan?"),
    "sister-of": ((PRISONER,), "and who is his sister?", "Who is Paul Whelan's sister?"),
    "who-was-he": ((PRISONER,), "Who was he?", "Who was Paul Whelan?"),
    "name-with-s": (
        (turn("Who leads Hexa Corp?", "Anna Mertens"),),
        "What are her plans?",
        "What are Anna Mertens' plans?",
    ),
    "said-it-would": (
        (turn("Who leads Hexa Corp?", "Anna Mertens"),),
        "When did she join the board?",
        "When did Anna Mertens join the board?",
    ),
    "wife-and-husband-he": ((PAIR,), "How old is he?", "How old is Tom Ferrant?"),
    "wife-and-husband-she": ((PAIR,), "Where was she born?", "Where was Maria Lindqvist born?"),
    "role-of-the-question": ((MINISTER,), "When did he resign?", "When did the energy minister resign?"),
    "refused-role": ((EMPTY,), "How old is he?", "How old is the chief of the Tarn police?"),
    "refused-ambassador": ((UNKNOWN,), "Where does she live?", "Where does Ambassador Lena Okoro live?"),
    "refused-population": (
        (turn("What is the population of Oster?", answered=False),),
        "How big is it?",
        "How big is Oster?",
    ),
    "they-two": ((TREATY,), "When did they ratify it?", "When did Norway and Iceland ratify the Skarn treaty?"),
    "their-two": ((TREATY,), "What are their duties?", "What are Norway and Iceland's duties?"),
    "the-pilots": ((STRIKE,), "What did they say?", "What did the pilots say?"),
    "company-it": ((SHOW,), "Who owns it?", "Who owns Norvik Media?"),
    "its-ceo": ((SHOW,), "Who is its chief executive?", "Who is Norvik Media's chief executive?"),
    "that-company": ((SHOW,), "Where is that company based?", "Where is Norvik Media based?"),
    "painting-it": ((STOLEN,), "Has it been found?", "Has the painting been found?"),
    "dam-it": ((DAM,), "When was it built?", "When was the Ludden dam built?"),
    "dam-its": ((DAM,), "How high was its wall?", "How high was the Ludden dam's wall?"),
    "treaty-this": ((TREATY,), "When was this treaty signed?", "When was the Skarn treaty signed?"),
    "there-in": ((QUAKE,), "How many people live there?", "How many people live in the village of Oster?"),
    "there-to": (
        (turn("Where was the swap held?", "Ankara"),),
        "How did the prisoners get there?",
        "How did the prisoners get to Ankara?",
    ),
    "that-city": (
        (turn("Where was the swap held?", "Ankara"),),
        "Who is the mayor of that city?",
        "Who is the mayor of Ankara?",
    ),
    "that-day": ((LAUNCH,), "What else happened on that day?", "What else happened on 3 May 2019?"),
    "that-year": (
        (turn("When was the Ludden dam built?", "1931"),),
        "Who was mayor of Ludden that year?",
        "Who was mayor of Ludden in 1931?",
    ),
    "then": (
        (turn("When was the Ludden dam built?", "1931"),),
        "Who was president then?",
        "Who was president in 1931?",
    ),
    "when-was-that": ((ARREST,), "and when was that?", "When was Emil Brandt arrested in Port Sable?"),
    "why-passive": ((ARREST,), "Why?", "Why was Emil Brandt arrested in Port Sable?"),
    "when-statement": ((DAM,), "When?", "When did the Ludden dam collapse?"),
    "where-subject": ((TARN,), "Where?", "Where did Keld Rovers win the Tarn Cup in 2021?"),
    "why-object": ((SHOW,), "But why?", "Why did Norvik Media buy the Daily Lantern?"),
    "when-stolen": ((STOLEN,), "When exactly?", "When was the painting stolen from the Aldgate museum?"),
    "says-who": ((DAM,), "Says who?", "According to whom did the Ludden dam collapse?"),
    "who-else": ((ARREST,), "Who else?", "Who else was arrested in Port Sable?"),
    "anyone-else": ((ARREST,), "Anyone else?", "Who else was arrested in Port Sable?"),
    "how-many": ((TREATY,), "How many?", "How many countries signed the Skarn treaty?"),
    "how-many-people": ((ARREST,), "How many?", "How many people were arrested in Port Sable?"),
    "event-when": ((BRIDGE,), "When was that?", "When was the Garrow Bridge collapse?"),
    "and-in-turkey": ((VOTES,), "And in Turkey?", "How many people voted in Turkey?"),
    "add-a-place": ((TARN,), "And in Norway?", "Who won the Tarn Cup in 2021 in Norway?"),
    "on-monday": (
        (turn("What did Anna Mertens announce on Friday?", "a merger"),),
        "How about on Monday?",
        "What did Anna Mertens announce on Monday?",
    ),
    "add-a-day": ((DAM,), "What about on Monday?", "Why did the Ludden dam collapse on Monday?"),
    "about-a-name": (
        (turn("How old is Paul Whelan?", "54"),),
        "What about Tom Ferrant?",
        "How old is Tom Ferrant?",
    ),
    "about-his-wife": (
        (turn("How old is Paul Whelan?", "54"),),
        "And his wife?",
        "How old is Paul Whelan's wife?",
    ),
    "and-women": (
        (turn("How many men were hurt in the crash?", "4"),),
        "And women?",
        "How many women were hurt in the crash?",
    ),
    "chain-of-places": (
        (VOTES, turn("And in Turkey?", "a lot")),
        "What about Greece?",
        "How many people voted in Greece?",
    ),
    "three-back": (
        (PRISONER, DAM, VOTES),
        "Where was he born?",
        "Where was Paul Whelan born?",
    ),
    "newest-wins": ((PRISONER, ARREST), "Where was he born?", "Where was Emil Brandt born?"),
    "clitic": ((PRISONER,), "Where's he now?", "Where's Paul Whelan now?"),
}

ALONE: dict[str, tuple[tuple[Turn, ...], str]] = {
    "its-own-service": ((turn("Who arranged the swap?", "Latvia's Foreign Service"),), "Where did Latvia bring them?"),
    "biden-he": ((PRISONER,), "Did Biden say he would resign?"),
    "biden-his": ((PRISONER,), "What did Biden say about his son?"),
    "that-said": ((PRISONER,), "Who said that he would be freed?"),
    "who-sold-his": ((PRISONER,), "Who sold his house?"),
    "true-that": ((DAM,), "Is it true that Hexa Corp closed the plant?"),
    "why-is-it-that": ((DAM,), "Why is it that banks fail?"),
    "possible-to": ((DAM,), "Is it possible to repair a dam in winter?"),
    "cost-to": ((DAM,), "How much did it cost to build the bridge?"),
    "rains": ((DAM,), "How often does it rain in Keld?"),
    "what-time": ((DAM,), "What time is it in Tokyo?"),
    "there-are": ((QUAKE,), "How many hospitals are there in Norway?"),
    "was-there": ((QUAKE,), "Was there a warning?"),
    "there-victims": ((QUAKE,), "How many victims were there?"),
    "that-relative": ((SHOW,), "What is the name of the company that bought the Daily Lantern?"),
    "that-after-said": ((MINISTER,), "Did the council say that people were safe?"),
    "that-verb": ((DAM,), "Who thinks that dams are safe?"),
    "this-year": ((LAUNCH,), "Who won the Tarn Cup this year?"),
    "no-man": ((VOTES,), "How old is he?"),
    "no-woman": ((turn("Who did Tom Ferrant accuse?", "John Harker"),), "Where does she live?"),
    "two-men": ((turn("Did Tom Ferrant meet John Harker?"),), "How old is he?"),
    "four-back": ((PRISONER, DAM, VOTES, BRIDGE), "Where was he born?"),
    "own-question": ((PRISONER,), "When was the Ludden dam built?"),
    "its-own-company": ((SHOW,), "Why did the airline cut its fares?"),
    "their-own": ((TREATY,), "Why did the unions end their strike?"),
    "they-of-firms": ((TREATY,), "Do banks know what they owe?"),
    "why-after-why": ((DAM,), "Why?"),
    "what-about-same": ((VOTES,), "What about Estonia?"),
    "about-a-clause": ((VOTES,), "What about the claim that votes were lost?"),
    "and-stands-alone": ((VOTES,), "And when was the Ludden dam built?"),
    "keywords-before": ((turn("tarn cup", "Keld"),), "Why?"),
    "quoted": ((PRISONER,), 'Who said "he is a spy"?'),
    "two-sentences": ((PRISONER,), "The dam broke. Where was he?"),
    "fronted": ((PRISONER,), "When he was president, did Biden visit Keld?"),
    "which-company-its": ((SHOW,), "Which company sold its stake?"),
    "what-happened-then": ((LAUNCH,), "What happened then?"),
    "then-as-next": ((LAUNCH,), "Did Hexa Corp then close the plant?"),
    "so-far": ((VOTES,), "So far, who leads the count?"),
    "what-does-that-mean": ((DAM,), "What does that mean?"),
    "empty": ((DAM,), "   "),
    "marks-only": ((DAM,), "?!?"),
    "about-an-underscore": ((DAM,), "What about _?"),
    "after-underscores": ((turn("_ _ _", "Keld"),), "What about Greece?"),
    "no-conversation": ((), "Why?"),
    "one-word": ((DAM,), "Ankara"),
    "says-who-of-nothing": ((turn("the dam"),), "Says who?"),
    "says-itself": ((PRISONER,), "What did Petra Solberg say about herself?"),
    "how-is-it-going": ((DAM,), "How is it going?"),
    "not-of-one-person": ((PRISONER,), "What did they say?"),
}


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        pytest.param(
            *case, id=name, marks=pytest.mark.xfail(strict=True, reason=MISSES[name]) if name in MISSES else ()
        )
        for name, case in HELD_OUT.items()
    ],
)
def test_a_question_written_before_the_rules(earlier: tuple[Turn, ...], question: str, expected: str | None) -> None:
    assert rewritten(question, earlier) == expected


@pytest.mark.parametrize(
    ("earlier", "question", "expected"), [pytest.param(*case, id=name) for name, case in FOLLOW_UPS.items()]
)
def test_a_follow_up_is_made_to_stand_alone(earlier: tuple[Turn, ...], question: str, expected: str) -> None:
    assert rewritten(question, earlier) == expected


@pytest.mark.parametrize(("earlier", "question"), [pytest.param(*case, id=name) for name, case in ALONE.items()])
def test_a_question_that_stands_alone_is_left_as_it_is(earlier: tuple[Turn, ...], question: str) -> None:
    assert rewritten(question, earlier) is None


HISTORIES = st.lists(
    st.builds(
        turn,
        st.one_of(st.text(max_size=80), st.sampled_from([case[1] for case in FOLLOW_UPS.values()])),
        st.one_of(st.none(), st.text(min_size=1, max_size=40), st.sampled_from(["Ankara", "Tom Ferrant", "1931"])),
        answered=st.booleans(),
    ),
    max_size=5,
)
WORDS = [
    "he",
    "it",
    "Her",
    "their",
    "there",
    "then",
    "that",
    "year",
    "And",
    "in",
    "Keld",
    "what about",
    "?",
    "'s",
    "was",
]
QUESTIONS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))


@settings(max_examples=300, deadline=None)
@given(QUESTIONS, HISTORIES)
def test_any_text_gives_a_question_that_is_settled_or_none(question: str, earlier: list[Turn]) -> None:
    made = rewritten(question, earlier)
    if made is not None:
        assert made != question
        assert made.endswith("?")
        assert not made.endswith("??")
        assert made[0] == made[0].upper()
        assert len(made) <= MAX_QUESTION_CHARS
        assert rewritten(made, earlier) is None


@pytest.mark.parametrize(
    ("earlier", "question"), [pytest.param(*case[:2], id=name) for name, case in FOLLOW_UPS.items()]
)
def test_what_was_rewritten_is_not_rewritten_again(earlier: tuple[Turn, ...], question: str) -> None:
    made = rewritten(question, earlier)
    assert made is not None
    assert rewritten(made, earlier) is None


@pytest.mark.parametrize("question", [pytest.param(case[2], id=name) for name, case in FOLLOW_UPS.items()])
def test_a_question_in_full_stands_alone_in_any_conversation(question: str) -> None:
    assert all(rewritten(question, case[0]) is None for case in FOLLOW_UPS.values())


def test_long_texts_before_a_question_change_nothing() -> None:
    long = turn("Who " + "x" * 3_990, "y" * 500, "Tom Ferrant " * 400)
    assert rewritten("How old is he?", [long] * 50 + [PRISONER]) == "How old is Paul Whelan?"
