"""Words that say nothing about a question's subject."""

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
"""English, in the stemmed form of the lexical index."""

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        # Beside the lists of Snowball, which leave out most of the words that ask.
        "da": "hvem hvad hvilken hvilket hvilke hvor hvornår hvordan hvorfor mange meget",
        "de": """
            wer wen wem wessen wann warum wieso weshalb wo woher wohin wie wieviel viele vielen gab gibt
            wurde wurden worden
        """,
        "es": """
            quién quiénes quien quienes qué cuándo cuánto cuánta cuántos cuántas cómo cuál cuáles dónde hubo
            hay
        """,
        "fi": "kuka ketkä kenen mikä mitä missä mistä mihin milloin miksi miten kuinka paljon monta",
        "fr": "qui quoi quand comment pourquoi combien où quel quelle quels quelles est sont a ont été il elle y",
        "hu": "ki kik mi mit hol hova honnan mikor miért hogyan hány mennyi melyik volt van lett",
        "it": "chi che cosa quando quanto quanta quanti quante quale quali perché dove come",
        "nl": "wie wat waar wanneer waarom welke welk hoe hoeveel werd worden",
        "no": "hvem hva hvilken hvilket hvilke hvor når hvordan hvorfor mange mye",
        "pt": "quem que qual quais quando quanto quanta quantos quantas onde como porque porquê por foi há",
        "ru": """
            кто кого кому чей что какой какая какое какие каких который сколько когда где куда откуда почему
            зачем как
        """,
        "sv": "vem vilka vilken vilket vad var när hur varför många mycket",
        # The rest in whole.
        "ar": """
            من ما ماذا متى أين كيف لماذا كم أي أية هل في على إلى الى عن مع و أو او ثم أن ان إن قد لقد كان كانت
            يكون هو هي هم هذا هذه ذلك تلك التي الذي الذين لا لم لن بعد قبل كل بين عند حتى
        """,
        "cs": """
            kdo co kdy kde kam odkud jak proč kolik který která které kteří jaký jaká jaké čí a i o u v ve na
            do z ze s se si je jsou byl byla bylo byli být že aby ale nebo pro po od k ke za při před
        """,
        "el": """
            ποιος ποια ποιο ποιοι ποιες ποιων τι πότε πού που πώς πως γιατί πόσο πόσα πόσοι πόσες ο η το οι τα
            του της των τον την ένας μια ένα και κι να θα με σε στο στη στην στον στα στις από για είναι ήταν
            έχει δεν μη ότι
        """,
        "fa": """
            چه چی کی چه‌کسی چرا چگونه چطور چند کجا کدام آیا و یا در به از با را که این آن برای تا بر هم است
            بود شد شده می های ها یک
        """,
        "he": """
            מי מה מתי איפה היכן איך כיצד למה מדוע כמה איזה איזו אילו של על את אל עם או גם כי לא זה זו הוא היא
            הם היה הייתה היו יש אין
        """,
        "hi": """
            कौन क्या कब कहाँ कहां कैसे क्यों कितना कितने कितनी किस किसने का के की को में से पर ने और या है हैं
            था थे थी यह वह हो कर गया गई गए
        """,
        "ja": "いつ どこ だれ 誰 なぜ 何 どう です ます した して する ある いる から まで こと もの",
        "ko": "누가 누구 언제 어디 무엇 어떻게 왜 얼마 몇 어느 했나 되었",
        "pl": """
            kto kogo komu co czego kiedy gdzie dokąd skąd jak dlaczego czemu ile ilu który która które którzy
            jaki jaka jakie czy a i o u w we na do z ze się jest są był była było były być że aby ale lub albo
            dla po od za przy przed nad pod
        """,
        "ro": """
            cine ce când unde cum de câți câte cât câtă care cui a al ale ai și si sau în in la pe cu din prin
            pentru este sunt era au fost o un una nu că să se
        """,
        "th": """
            ใคร อะไร เมื่อไร เมื่อไหร่ ที่ไหน อย่างไร ทำไม เท่าไร เท่าไหร่ กี่ และ หรือ ของ ที่ ใน เป็น มี ได้
            ให้
        """,
        "tr": """
            kim kimin kime kimi kimler ne neden niçin niye nasıl nerede nereye nereden neresi kaç hangi mi mı
            mu mü ve veya ya da de ki bir bu şu o ile için gibi kadar daha en çok her hiç ama ancak fakat olan
            olarak oldu olduğu var yok değil ise sonra önce zaman etti edildi
        """,
        "uk": """
            хто кого кому чий що який яка яке які котрий скільки коли де куди звідки чому навіщо як а і й та
            але або в у на до з із зі за по про від для при над під не є був була було були бути це той ця цей
            ці вони він вона його її їх
        """,
        "zh": """
            谁 什么 何时 何地 哪里 哪儿 哪个 哪些 怎么 怎样 如何 为什么 为何 多少 几个 时候 是否 的 了 在 是
            和 与 吗 呢
        """,
    }.items()
}
"""Of other languages, as they are written in lower case, by ISO 639-1 code."""
