"""The words and patterns by which a phrase is told to be a person, a place, a thing, an event, a time or a verb."""

from __future__ import annotations

import re


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


BE = _words("is are was were am")
DO = _words("do does did")
HAVE = _words("has have had")
MODAL = _words("can could will would shall should may might must")
AUX = BE | DO | HAVE | MODAL
WH = _words("who whom whose what which when where why how")
PREPOSITIONS = _words(
    "in on at of to for from by with about against during after before since until near over under into through "
    "across between among inside outside around without behind despite toward towards within onto off out up down as "
    "per via"
)
PRONOUNS = _words(
    "i you he she it we they me him her us them his hers its their theirs our my your himself herself itself "
    "themselves this that these those there then who which one someone anyone everyone something anything nothing"
)
_OTHER = _words(
    "the a an and or but so if because while than not no yes also again ago ever never now still just only yet too "
    "very really else back away together today yesterday tomorrow tonight later earlier first finally soon once twice "
    "more most less least much many any some all both each every several other another such be been being get got "
    "whether exactly currently recently already once"
)
FUNCTION = AUX | WH | PREPOSITIONS | PRONOUNS | _OTHER
_PAST = """
won/win lost/lose left/leave said/say made/make took/take gave/give got/get went/go came/come saw/see met/meet
told/tell knew/know thought/think found/find led/lead held/hold ran/run bought/buy sold/sell built/build paid/pay
wrote/write spoke/speak broke/break began/begin fell/fall rose/rise grew/grow drove/drive flew/fly sent/send
spent/spend kept/keep caught/catch taught/teach brought/bring fought/fight stole/steal shot/shoot cut/cut hit/hit
put/put set/set hurt/hurt quit/quit beat/beat struck/strike stood/stand became/become drew/draw lent/lend sank/sink
sang/sing swam/swim threw/throw wore/wear chose/choose froze/freeze hid/hide shook/shake woke/wake bit/bite ate/eat
drank/drink slept/sleep felt/feel heard/hear read/read meant/mean founded/found ended/end agreed/agree died/die
lied/lie owed/owe owned/own killed/kill called/call visited/visit offered/offer opened/open covered/cover wanted/want
signed/sign added/add hosted/host edited/edit entered/enter ordered/order discovered/discover suffered/suffer
boycotted/boycott
"""
IRREGULAR = {past: base for past, _, base in (pair.partition("/") for pair in _PAST.split())}
PARTICIPLES = _words(
    "taken given gone seen known written spoken broken begun fallen risen grown driven flown stolen beaten stricken "
    "drawn sunk sung thrown worn chosen frozen hidden shaken eaten drunk born shown dead alive ill open closed safe"
)
BASES = frozenset(IRREGULAR.values()) | _words(
    "resign announce cause cost start close move live work play train study stay die kill arrest charge accuse sue "
    "vote resume cancel delay sign approve reject ban launch release publish direct produce create design invent "
    "discover attack invade bomb destroy damage collapse crash explode burn flood happen occur marry divorce retire "
    "return visit travel arrive land sail escape disappear win expect want need plan decide agree refuse deny admit "
    "claim report warn call ask answer promise propose suggest support oppose join serve represent replace succeed "
    "appoint hire fire raise lower increase rise drop receive earn donate own buy acquire merge use test try fail "
    "stop end finish change help save rescue treat look speak talk believe like love hate cover turn reach pass score "
    "host open name order recall repair restore remove apologise apologize mention confess plead attend celebrate "
    "describe survive"
)
TITLES = _words(
    "mr mrs ms dr sir dame lord lady king queen prince princess president senator governor mayor minister chancellor "
    "judge justice general colonel captain inspector professor pope chief coach rep sen gov gen"
)
MALE = _words("mr sir lord king prince man men boy husband father son brother uncle nephew grandfather actor duke dad")
FEMALE = _words(
    "mrs ms dame lady queen princess woman women girl wife mother daughter sister aunt niece grandmother mum actress "
    "duchess"
)
HE = MALE | _words(
    "james john robert michael william david richard joseph joe thomas tom charles daniel matthew mark donald steven "
    "steve paul andrew kenneth george joshua kevin brian edward ronald timothy jason jeffrey jeff ryan jacob gary "
    "eric jonathan stephen justin scott brandon frank gregory alexander patrick jack peter henry adam nathan carl "
    "karl marco pierre jean luis juan carlos jose pablo pedro ivan vladimir sergei dmitri boris ahmed mohammed "
    "muhammad ali omar hassan oren emil pavel jamal otto hans lars erik bill bob mike jim ben sam simon keir rishi "
    "elon antonio emmanuel"
)
SHE = FEMALE | _words(
    "mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy sandra ashley emily donna "
    "michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela shirley anna "
    "ann anne brenda pamela emma nicole helen samantha katherine christine maria diana ruth olivia sophie alice julia "
    "giorgia ursula kamala hillary theresa margaret jane kate claire ingrid astrid ines dina fatima aisha leila olga "
    "natalia svetlana elena eva rosa lucia carmen isabel greta marta nina irina priya zoe rachel victoria charlotte"
)
PERSONS = (
    TITLES
    | MALE
    | FEMALE
    | _words(
        "person victim suspect leader official spy pilot author artist chef athlete student child baby teenager "
        "candidate analyst scientist politician musician guard patient witness hostage founder owner boss chairman "
        "spokesman nurse diplomat journalist treasurer ambassador soldier cook thief star lawyer agent winner"
    )
)
NOT_PERSONS = _words(
    "tower river paper letter order number weather water power computer reactor motor tractor sector centre center "
    "theater counter shelter disaster layer corner border fever cover harbour quarter charter ladder filter banner "
    "chamber summer winter door floor error mirror colour labor factor corridor poster timber container trailer "
    "tanker ferry matter member offer answer discover"
)
PLACES = _words(
    "city town village country state region island province district county capital place nation neighbourhood "
    "airport mount lake river bay cape fort port mountain street road square bridge valley sea ocean park afghanistan "
    "argentina australia austria belgium brazil britain bulgaria canada chile china colombia croatia cuba cyprus "
    "denmark egypt england estonia ethiopia europe finland france germany ghana greece hungary iceland india "
    "indonesia iran iraq ireland israel italy japan jordan kenya latvia lebanon libya lithuania malaysia mexico "
    "morocco nepal nigeria norway pakistan peru poland portugal romania russia scotland serbia singapore slovakia "
    "slovenia somalia spain sudan sweden switzerland syria taiwan thailand tunisia turkey ukraine venezuela vietnam "
    "wales yemen london paris berlin rome madrid moscow beijing tokyo washington brussels vienna athens lisbon dublin "
    "gaza kyiv"
)
EVENTS = _words(
    "collapse crash election vote attack fire summit meeting match war strike storm hurricane earthquake flood trial "
    "explosion accident ceremony protest riot raid robbery wedding funeral launch outage shooting bombing hearing "
    "race tournament festival battle siege evacuation blackout eruption wildfire rally march landslide referendum "
    "concert conference exhibition derailment sinking theft heist killing murder stabbing ruling merger sale opening "
    "invasion"
)
GROUPS = _words(
    "company team party government police bank agency group union council committee airline club family firm band "
    "court army university newspaper ministry organisation organization corporation studio brand rovers united corp "
    "inc ltd plc fc air airlines airways motors parliament senate congress association"
)
WORKS = _words("film movie book novel song album show play series game painting drug law bill project ship plane dam")
PERIODS = _words("year month week day weekend century decade time summer winter spring autumn")
ATTRIBUTES = _words(
    "population capital price cost name size age number percentage share role status reason cause value height length "
    "area currency language flag gdp economy rate purpose aim result significance role list total effect impact"
)
OF_PLACES = _words("population capital mayor people king queen president governor government economy currency gdp area")
WITHIN = _words("in near across inside outside around")
SAYING = _words(
    "say says said claim claims claimed think thinks thought believe admit admitted deny denied want ask asked expect "
    "promise warn know known suggest agree confirm announce report reported tell told hope"
)
JOINING = _words("that if whether because while who which whose although unless and but when where why after before")
GOING = _words(
    "go went going travel travelling come came fly flew move moved get got arrive return send sent drive sail"
)
ADVERBIAL = _words("when where why how")
ARTICLES = _words("the a an")
PLURAL_OF = {"was": "were", "is": "are", "has": "have"}

MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
AT_A_TIME = r"(?:in|on|at|by|during|since|until)"
TIME = re.compile(
    rf"\b(?:{AT_A_TIME}\s+)?(?:(?:early|late|mid)[ -])?(?:(?:last|next|this)\s+(?:week|month|year|night|"
    rf"summer|winter|spring|autumn|{WEEKDAY}|{MONTH})|(?:{WEEKDAY},?\s+)?(?:\d{{1,2}}\s+{MONTH}(?:,?\s+\d{{4}})?|"
    rf"{MONTH}(?:\s+\d{{1,2}})?(?:,?\s+\d{{4}})?)|{WEEKDAY}|(?:1[5-9]|20)\d\ds?\b|yesterday|today|tomorrow)\b(?![’'-])"
)
"""A point or stretch of time, with its preposition where it has one."""
DAY = re.compile(rf"{WEEKDAY}|{MONTH} \d{{1,2}}(?!\d)|^\d{{1,2}} ")
LEAD = re.compile(r"^(?:(?:and|but|so|ok|okay|well|then|also)\b(?!\s+(?:far|what\b\s*$))[\s,]*)+", re.IGNORECASE)
"""What only joins a question to what was said before it: "And", "So"."""
SEVERAL_SENTENCES = re.compile(
    r"[?!…]\s+\w|\b[^\W\d_]{4,}\.\s+\w|\n\s*\w|\.[\"”’']*\s+(?:which|who|what|when|where|why|how|is|are|was|were|did|do|"
    r"does|can|will|has|have)\b",
    re.IGNORECASE,
)

_SILENT = re.compile(
    r"(?:[cuvz]|[^s]s|[^e]at|[aeiou]g|[rl]g|ng|[^aeiou][aeiou][kmnpt]|u[ir]|[aiou]r|[bcdfgkpt]l|[aiou]d)ed$"
)
"""Endings of pasts whose infinitive ends in "e", but for those of `_SPOKEN`."""
_SPOKEN = re.compile(r"(?:en|in|on|it|et|op|er|or)ed$")


def is_past(word: str) -> bool:
    """Whether a word in lower case is, or may be, a verb in the past."""
    return word in IRREGULAR or word in PARTICIPLES or (len(word) > 4 and word.endswith("ed") and word[-3] != "e")


def is_plural(word: str) -> bool:
    """Whether a noun in lower case speaks of several."""
    if word in {"people", "men", "women", "children", "police", "staff", "crew"}:
        return True
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "news", "series"))


def singular(word: str) -> str:
    """A noun as of one; unchanged where it is not a regular plural."""
    return word[:-3] + "y" if word.endswith("ies") else word[:-1] if is_plural(word) and word[-1] == "s" else word


def is_verb(word: str) -> bool:
    """Whether a word in lower case is a verb in any form but that in -ing."""
    return word in BASES or word in SAYING or is_past(word) or (word.endswith("s") and word[:-1] in BASES)


def infinitive(past: str) -> str:
    """The infinitive of a verb in the past or the third person."""
    known = (past, past[:-2], past[:-1], past[:-3])
    found = IRREGULAR.get(past) or next((stem for stem in known if stem in BASES), None)
    if found is not None or not past.endswith("ed"):
        return found or past.removesuffix("s")
    if past.endswith("ied"):
        return past[:-3] + "y"
    if re.search(r"([bdgmnprt])\1ed$", past):
        return past[:-3]
    silent = _SILENT.search(past) and not _SPOKEN.search(past)
    return past[:-1] if silent else past[:-2]


def dated(time: str) -> str:
    """A time with the preposition that it takes."""
    if re.match(rf"(?:{AT_A_TIME}|last|next|this|yesterday|today|tomorrow|early|late|mid)\b", time, re.IGNORECASE):
        return time
    return f"{'on' if DAY.search(time) else 'in'} {time}"
