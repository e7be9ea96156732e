"""Paragraphs of news in many languages, written for the tests, by ISO 639-1 code."""

from __future__ import annotations

PARAGRAPHS: dict[str, tuple[str, ...]] = {
    "en": (
        "The old bridge over the harbour was opened again on Monday after two years of work. The mayor said that "
        "the repairs had cost less than expected, and that the ferry would stop running in October.",
        "Farmers in the valley fear a third dry summer. The reservoir above the town holds half of what it held last "
        "year, and the council has asked every household to use less water.",
    ),
    "tr": (
        "Limanın üzerindeki eski köprü iki yıl süren çalışmaların ardından pazartesi günü yeniden açıldı. Belediye "
        "başkanı, onarımın beklenenden daha ucuza mal olduğunu ve vapur seferlerinin ekim ayında sona ereceğini "
        "söyledi.",
        "Depremden sonra evlerinden ayrılmak zorunda kalan aileler geçici çadırlarda yaşıyor. Yetkililer, yeni "
        "konutların kıştan önce tamamlanacağını belirtti, ancak köylüler bu sözlere pek inanmıyor.",
    ),
    "ru": (
        "Старый мост через гавань снова открыли в понедельник после двух лет ремонта. Мэр сообщил, что работы "
        "обошлись дешевле, чем ожидалось, и что паром перестанет ходить в октябре.",
        "В городской библиотеке нашли старинные книги, которые считались утраченными. Историки говорят, что их "
        "спрятали во время войны, а потом о тайнике просто забыли.",
    ),
    "uk": (
        "Старий міст через гавань знову відкрили в понеділок після двох років ремонту. Міський голова повідомив, що "
        "роботи коштували менше, ніж очікувалося, і що пором перестане ходити в жовтні.",
        "Мешканці села зібрали гроші на нову школу, бо стара була зруйнована. Вчителька розповіла, що діти вже пів "
        "року навчаються у приміщенні лікарні.",
    ),
    "de": (
        "Die alte Brücke über den Hafen ist am Montag nach zweijähriger Bauzeit wieder eröffnet worden. Die "
        "Bürgermeisterin sagte, die Arbeiten seien billiger gewesen als erwartet, und die Fähre werde im Oktober "
        "eingestellt.",
        "Was die Fischer seit Jahren befürchten, haben Forscher nun bestätigt: In der Bucht gibt es kaum noch "
        "Heringe. Das Wasser ist um zwei Grad wärmer als vor dreißig Jahren.",
    ),
    "fr": (
        "Le vieux pont du port a rouvert lundi après deux ans de travaux. La maire a déclaré que les réparations "
        "avaient coûté moins cher que prévu et que le bac cesserait de circuler en octobre.",
        "Les élèves de l'école du village n'ont plus de cantine depuis l'hiver. Leurs parents se relaient pour "
        "préparer les repas, mais ils demandent à la région de rétablir le service.",
    ),
    "es": (
        "El viejo puente del puerto volvió a abrirse el lunes después de dos años de obras. La alcaldesa dijo que "
        "las reparaciones habían costado menos de lo previsto y que el transbordador dejaría de funcionar en octubre.",
        "Los agricultores del valle temen un tercer verano seco. El embalse tiene la mitad del agua que tenía el año "
        "pasado, y el ayuntamiento ha pedido a los vecinos que ahorren.",
    ),
    "it": (
        "Il vecchio ponte sul porto è stato riaperto lunedì dopo due anni di lavori. La sindaca ha detto che le "
        "riparazioni sono costate meno del previsto e che il traghetto smetterà di viaggiare in ottobre.",
    ),
    "pt": (
        "A velha ponte sobre o porto foi reaberta na segunda-feira, depois de dois anos de obras. A prefeita disse "
        "que os reparos custaram menos do que o esperado e que a balsa deixará de circular em outubro.",
    ),
    "nl": (
        "De oude brug over de haven is maandag na twee jaar werk weer geopend. De burgemeester zei dat het herstel "
        "minder had gekost dan verwacht en dat de veerboot vanaf oktober niet meer vaart.",
    ),
    "sv": (
        "Den gamla bron över hamnen öppnades igen i måndags efter två års arbete. Borgmästaren sade att "
        "reparationerna hade kostat mindre än väntat och att färjan slutar gå i oktober.",
    ),
    "pl": (
        "Stary most nad portem został ponownie otwarty w poniedziałek po dwóch latach prac. Burmistrz powiedział, że "
        "naprawa kosztowała mniej, niż się spodziewano, i że prom przestanie kursować w październiku.",
        "Mieszkańcy wsi boją się trzeciego suchego lata. W zbiorniku jest o połowę mniej wody niż rok temu, dlatego "
        "gmina prosi wszystkich, żeby ją oszczędzali.",
    ),
    "el": (
        "Η παλιά γέφυρα πάνω από το λιμάνι άνοιξε ξανά τη Δευτέρα ύστερα από δύο χρόνια εργασιών. Ο δήμαρχος είπε "
        "ότι οι επισκευές κόστισαν λιγότερο από όσο αναμενόταν.",
    ),
    "ar": (
        "أُعيد فتح الجسر القديم فوق الميناء يوم الاثنين بعد عامين من العمل. وقال رئيس البلدية إن الإصلاحات كلفت أقل "
        "مما كان متوقعا، وإن العبّارة ستتوقف عن العمل في أكتوبر.",
        "يخشى المزارعون في الوادي صيفا جافا ثالثا. ويقول المجلس المحلي إن المياه في السد انخفضت إلى النصف، وطلب من "
        "السكان أن يقتصدوا في استخدامها.",
    ),
    "fa": (
        "پل قدیمی بندر پس از دو سال کار روز دوشنبه دوباره گشوده شد. شهردار گفت که هزینهٔ تعمیر کمتر از آن بود که "
        "انتظار می‌رفت و کشتی مسافربری از ماه اکتبر دیگر کار نخواهد کرد.",
        "کشاورزان دره نگران سومین تابستان خشک هستند. آب پشت سد نسبت به سال گذشته نصف شده است و شورای شهر از مردم "
        "خواسته است که در مصرف آب صرفه‌جویی کنند.",
    ),
    "he": (
        "הגשר הישן מעל הנמל נפתח שוב ביום שני לאחר שנתיים של עבודות. ראש העיר אמר שהתיקונים עלו פחות מהצפוי "
        "ושהמעבורת תפסיק לפעול באוקטובר.",
    ),
    "hi": (
        "बंदरगाह पर बना पुराना पुल दो साल के काम के बाद सोमवार को फिर से खोल दिया गया। महापौर ने कहा कि मरम्मत पर उम्मीद से "
        "कम खर्च हुआ और नौका सेवा अक्टूबर में बंद हो जाएगी।",
    ),
    "zh": (
        "港口上的旧桥经过两年施工，星期一重新开放。市长表示，维修费用低于预期，渡轮将在十月停止运行。",
        "山谷里的农民担心今年夏天又会干旱。水库的水量只有去年的一半，镇政府要求居民节约用水。",
    ),
    "ja": (
        "港にかかる古い橋が、二年間の工事を終えて月曜日に再び開通した。市長は、修理の費用は予想より少なく、"
        "渡し船は十月に運航をやめると述べた。",
        "谷の農家は三年続けて夏が乾くのを心配している。貯水池の水は去年の半分しかなく、町は住民に節水を呼びかけた。",
    ),
    "ko": (
        "항구 위의 오래된 다리가 2년간의 공사 끝에 월요일에 다시 개통되었다. 시장은 수리 비용이 예상보다 적게 들었으며 "
        "여객선은 10월에 운항을 멈출 것이라고 말했다.",
    ),
    "th": (
        "สะพานเก่าเหนือท่าเรือเปิดอีกครั้งเมื่อวันจันทร์หลังจากซ่อมแซมนานสองปี นายกเทศมนตรีกล่าวว่าค่าซ่อมน้อยกว่าที่คาดไว้ "
        "และเรือข้ามฟากจะหยุดวิ่งในเดือนตุลาคม",
    ),
}  # fmt: skip
