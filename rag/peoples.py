"""Countries and what is called after them: "Ukraine" and "Ukrainian"."""

from __future__ import annotations

from functools import lru_cache

_COUNTRIES = """
afghanistan afghan, albania albanian, algeria algerian, america american usa, angola angolan,
argentina argentine argentinian, armenia armenian, australia australian, austria austrian,
azerbaijan azerbaijani azeri, bahrain bahraini, bangladesh bangladeshi, belarus belarusian, belgium belgian,
benin beninese, bhutan bhutanese, bolivia bolivian, bosnia bosnian, botswana botswanan, brazil brazilian,
britain british briton uk, bulgaria bulgarian, burma burmese myanmar, burundi burundian, cambodia cambodian,
cameroon cameroonian, canada canadian, chad chadian, chile chilean, china chinese, colombia colombian,
congo congolese, croatia croatian croat, cuba cuban, cyprus cypriot, czechia czech, denmark danish dane,
ecuador ecuadorian, egypt egyptian, england english, eritrea eritrean, estonia estonian, ethiopia ethiopian,
fiji fijian, finland finnish finn, france french, gabon gabonese, gambia gambian, georgia georgian, germany german,
ghana ghanaian, greece greek, grenada grenadian, guatemala guatemalan, guinea guinean, guyana guyanese,
haiti haitian, honduras honduran, hungary hungarian, iceland icelandic icelander, india indian, indonesia indonesian,
iran iranian, iraq iraqi, ireland irish, israel israeli, italy italian, jamaica jamaican, japan japanese,
jordan jordanian, kazakhstan kazakh, kenya kenyan, korea korean, kosovo kosovar, kuwait kuwaiti, kyrgyzstan kyrgyz,
laos laotian, latvia latvian, lebanon lebanese, liberia liberian, libya libyan, lithuania lithuanian,
luxembourg luxembourger, macedonia macedonian, madagascar malagasy, malawi malawian, malaysia malaysian, mali malian,
malta maltese, mauritania mauritanian, mauritius mauritian, mexico mexican, moldova moldovan, mongolia mongolian,
montenegro montenegrin, morocco moroccan, mozambique mozambican, namibia namibian, nepal nepali nepalese,
netherlands dutch, nicaragua nicaraguan, niger nigerien, nigeria nigerian, norway norwegian, oman omani,
pakistan pakistani, palestine palestinian, panama panamanian, paraguay paraguayan, peru peruvian,
philippines philippine filipino, poland polish, portugal portuguese, qatar qatari, romania romanian, russia russian,
rwanda rwandan, samoa samoan, scotland scottish scot, senegal senegalese, serbia serbian serb, singapore singaporean,
slovakia slovak slovakian, slovenia slovenian slovene, somalia somali, spain spanish spaniard, sudan sudanese,
suriname surinamese, sweden swedish swede, switzerland swiss, syria syrian, taiwan taiwanese, tajikistan tajik,
tanzania tanzanian, thailand thai, togo togolese, tonga tongan, tunisia tunisian, turkey turkish turk turkiye,
turkmenistan turkmen, uganda ugandan, ukraine ukrainian, uruguay uruguayan, uzbekistan uzbek, venezuela venezuelan,
vietnam vietnamese, wales welsh, yemen yemeni, zambia zambian, zimbabwe zimbabwean
"""
_REGIONS = """
europe european, gaza gazan, greenland greenlandic, tibet tibetan, africa african, asia asian,
california californian, texas texan, hawaii hawaiian
"""
_ALSO = frozenset(("britain", "myanmar", "turkiye", "uk", "usa"))
"""Names, not adjectives, that stand behind the first of a row."""


def families() -> list[list[str]]:
    """The words for each country or region, its name first."""
    return [row.split() for row in f"{_COUNTRIES},{_REGIONS}".split(",")]


@lru_cache(maxsize=1)
def adjectives() -> frozenset[str]:
    """The words for what is of a country, in small letters."""
    return frozenset(word for row in _COUNTRIES.split(",") for word in row.split()[1:]) - _ALSO
