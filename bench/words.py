"""Texts as readers write them: some sentences of English, Korean or Japanese, no two alike."""

from collections.abc import Iterator
from random import Random

ENGLISH = (
    "I walked past there on day {n} and it looked nothing like the picture.",
    "Has anyone seen figures for the other {n} households on that street?",
    "My sister works two floors above and says the lift has been out since number {n}.",
    "This is the **{n}th** time the council has promised it, and I still take the bus.",
    "Good piece, though paragraph three leaves out what happened in round {n}.",
    "Not convinced. The report on page {n} says the opposite of what the mayor claims.",
    "The tram to the harbour was late again, {n} minutes by my watch.",
    "Somebody should ask the {n} people who actually live next to it.",
    "We tried the same in our town; after {n} weeks nobody wanted the old way back.",
    "Thanks for the map, it helped me find stop {n} in the rain.",
    "I do not agree with the headline, but the numbers ({n} of them) are sound.",
    "> it will pay for itself\n\nOnly if all {n} tickets are sold, every single day.",
)
KOREAN = (
    "기사 잘 읽었습니다. 그런데 {n}번 문단의 숫자는 조금 다른 것 같아요.",
    "저희 동네도 비슷해요. {n}번 버스는 아직도 삼십 분씩 기다려야 합니다.",
    "시장님 말씀과는 다르게 {n}가구가 아직 물이 안 나온다고 들었습니다.",
    "좋은 정보 감사합니다. 주말에 {n}번 출구로 가 보려고요!",
)
JAPANESE = (
    "記事を読みましたが、{n}段落目の数字は去年の発表と違うように思います。",
    "うちの近所も同じで、{n}番のバスは三十分待っても来ないことがあります。",
    "市長の説明とは違って、まだ{n}世帯で水が出ないと聞きました。",
    "とても参考になりました。週末に{n}番出口から歩いてみます。",
    "賛成ですが、{n}年前にも同じ約束があったことを忘れてはいけません。",
    "写真の場所は{n}日の朝に通りましたが、まったく様子が違っていました。",
    "**{n}人**に聞いたという調査なら、もう少し詳しい内訳を載せてほしいです。",
)
LINKS = (
    "The minutes are here: https://council.example/minutes/{n} (page two).",
    "Compare [the earlier story](https://news.example/archive/{n}) on this.",
)


def bodies(seed: str) -> Iterator[str]:
    """Bodies without end. The same seed gives the same ones; different seeds, different ones.

    One in six is Korean, one in ten has a link.
    """
    chance = Random(seed)
    first = chance.randrange(10**6) * 10**6
    number = first
    while True:
        number += 1
        pool = KOREAN if chance.random() < 1 / 6 else ENGLISH
        lines = chance.sample(pool, k=chance.choice((1, 2, 2, 3)))
        if chance.random() < 0.1:
            lines.append(chance.choice(LINKS))
        yield " ".join(line.format(n=number) for line in lines)


def longer(seed: str) -> Iterator[tuple[str, str]]:
    """Language and body, without end: sentences until there are about 225 characters. One in six
    is Korean, one in six Japanese.
    """
    chance = Random(seed)
    pools = {"en": ENGLISH, "ko": KOREAN, "ja": JAPANESE}
    while True:
        language = chance.choices(("en", "ko", "ja"), weights=(4, 1, 1))[0]
        body = ""
        while len(body) < 190:
            sentence = chance.choice(pools[language]).format(n=chance.randrange(1_000))
            body = f"{body} {sentence}".lstrip()
        yield language, body
