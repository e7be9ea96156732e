"""Words that news uses for one another, so that a question need not guess the article's word.

Families of stems as the lexical index makes them.  A word may be in several; the words of one family are alike, not the
same: "swap" and "trade" may tell of one event, so a sentence with the one is read for a question with the other.
"""

from __future__ import annotations

from functools import lru_cache

from rag.analysis import ENGLISH, analysis
from rag.peoples import families

_FAMILIES = """
mediat brokerag broker coordin interced interlocutor oversaw overse overseen supervis arrang intermediari
swap exchang trade swop handov deal
free freed releas liber pardon
prison prisoner inmat detaine captiv convict jail jailer detent custodi imprison incarcer hostag
arrest detain captur apprehend seiz
kill die dead death murder slain perish fatal assassin casualti toll victim
injur wound hurt hospit
attack strike raid assault bomb shell bombard
win won winner victori beat defeat champion triumph crown
lose lost defeat beaten loss
elect vote ballot poll
resign quit depart leav step oust
appoint name nomin hire promot
fire sack dismiss oust laid layoff
buy bought acquir acquisit purchas takeov
sell sold sale divest
cost price worth valu expens fee
pay paid salari wage payment earn
money fund cash financ invest
rise rose risen increas grow grew climb soar surg jump gain
fall fell fallen drop declin decreas slump plung shrink
start began begin begun launch open commenc
end finish stop halt conclud close ceas
delay postpon defer suspend
ban prohibit forbid outlaw bar block
approv endors back support author
reject refus deni declin turn veto
accus charg alleg blame indict
guilti convict verdict sentenc
sue suit lawsuit litig
court judg tribun justic
law legisl bill act statut
rule verdict decis decid judgment
meet met talk summit confer
visit travel trip tour
speak spoke said say told statement announc declar
warn caution alert
ask request demand appeal urg call
help aid assist support relief facilit
agre agreement pact accord deal treati
disagre disput row quarrel conflict
protest demonstr ralli march
war conflict fight battl combat
soldier troop armi militari forc
polic offic investig detect
steal stolen theft thief rob robberi burgl
fire blaze burn wildfir
flood delug inund
storm hurrican typhoon cyclon
quak earthquak tremor
crash collid collis accid
plane aircraft jet flight airlin
car vehicl automobil
ship vessel boat ferri
hous home resid dwell
build construct erect
repair restor refurbish renov fix mend
destroy demolish raze ruin damag
find found discov locat
lose miss vanish disappear
ill sick diseas virus infect outbreak
doctor physician medic
drug medicin pharmaceut
school colleg univers
student pupil
teach teacher professor lectur
child children minor kid youth teenag
woman women femal
man men male
wife husband spous marri wed
job employ work post
worker employe staff personnel labour labor
boss chief head leader director execut ceo chair
firm compani busi corpor enterpris
countri nation state
town citi municip
people person citizen resid inhabit
spi intellig espionag agent agenc
secret classifi confidenti
film movi pictur
song singl track music
book novel memoir
show seri programm program
game match
team club squad side
old age
big larg huge great
whi reason caus becaus motiv
name call dub titl
near close besid nearbi
drought dri arid
water reservoir
empti low deplet
insur cover underwrit
grain wheat corn cereal
rain rainfal precipit
"""


@lru_cache(maxsize=1)
def _families() -> dict[str, tuple[int, ...]]:
    places: dict[str, list[int]] = {}
    for number, stems in enumerate(_members()):
        for stem in stems:
            places.setdefault(stem, []).append(number)
    return {stem: tuple(numbers) for stem, numbers in places.items()}


@lru_cache(maxsize=1)
def _members() -> tuple[tuple[str, ...], ...]:
    stems = analysis(ENGLISH).terms
    peoples = [dict.fromkeys(stems(" ".join(family))) for family in families()]
    return tuple(tuple(line.split()) for line in _FAMILIES.strip().splitlines()) + tuple(map(tuple, peoples))


def kin(stem: str) -> tuple[str, ...]:
    """The other stems of a stem's families, in order."""
    found = [other for number in _families().get(stem, ()) for other in _members()[number]]
    return tuple(dict.fromkeys(other for other in found if other != stem))
