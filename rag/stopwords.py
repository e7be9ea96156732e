"""Words that say nothing about a question's subject, in the stemmed form of the lexical index."""

from __future__ import annotations

_WORDS = """
a about after again all also am an and any are as at be been befor being between both but by can could did do doe does
doing don down dure each ever few for from further had has have he her here herself him himself his how i if in into is
it itself just let like ll made make mani me more most much must my no nor not now of off on onc one onli or other our
out over own re s said same say says she should so some such t than that the their them themselv then there these they
this those through to too under until up us ve veri was we were what when where which while who whom whose whi will with
would you your
take taken took place tell happen ani anyth anyon pleas kind d m
"""

STOPWORDS = frozenset(_WORDS.split())
