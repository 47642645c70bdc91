from pathlib import Path

import pytest

from attention.biomes import Biome
from markets.tape import MOST_POINTS, TapeRefused, read_tape

SMALL = Path(__file__).parent / "data" / "small_tape.csv"


def read(text):
    return read_tape(text.encode().splitlines(keepends=True))


def test_periods_are_in_order_of_first_appearance_with_their_rows_together():
    with SMALL.open("rb") as lines:
        periods = read_tape(lines)
    assert [period.name for period in periods] == ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"]
    assert list(periods[2].points.items()) == [
        (Biome.OCEAN, 2),
        (Biome.BEACH, 0),
        (Biome.PLAINS, 0),
        (Biome.FOREST, 12),
        (Biome.DESERT, 5),
        (Biome.MOUNTAIN, 5),
        (Biome.SNOW, 1),
    ]
    assert set(periods[3].points.values()) == {0}


@pytest.mark.parametrize(
    "text",
    [
        "period,biome,count\nx,snow,7\n",
        "anything at all,biome,\nx,snow,7",
        '"period",biome,"how many"\r\nx,"snow",007\r\n',
        "\ufeffperiod,biome,count\nx,snow,7\n",
    ],
)
def test_what_is_read(text):
    (period,) = read(text)
    assert period.name == "x"
    assert period.points == dict.fromkeys(Biome, 0) | {Biome.SNOW: 7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the tape is empty"),
        ("\n", "line 1: the header must be three columns"),
        ("period,habitat,count\n", "line 1: the header must be three columns"),
        ("period,biome\n", "line 1: the header must be three columns"),
        ("period,Biome,count\nx,snow,1\n", "line 1: the header must be three columns"),
        ("period,biome,count,more\nx,snow,1\n", "line 1: the header must be three columns"),
        ("period,biome,count\n", "line 2: the tape has no rows"),
        ("period,biome,count\nx,snow,1\nx,beach\n", "line 3: three columns are needed, not 2"),
        ("period,biome,count\nx,snow,1,2\n", "line 2: three columns are needed, not 4"),
        ("period,biome,count\nx,snow,1\n\ny,snow,1\n", "line 3: three columns are needed, not 0"),
        ("period,biome,count\n,snow,1\n", "line 2: the period is missing"),
        ("period,biome,count\nx,snow,1\nx,swamp,1\n", "line 3: no biome is called 'swamp'"),
        ("period,biome,count\nx,Snow,1\n", "line 2: no biome is called 'Snow'"),
        ("period,biome,count\nx, snow,1\n", "line 2: no biome is called ' snow'"),
        ("period,biome,count\nx,snow,\n", "line 2: the count is missing"),
        ("period,biome,count\nx,snow,-1\n", "line 2: the count is negative: -1"),
        ("period,biome,count\nx,snow,1.0\n", "line 2: the count is not a whole number: '1.0'"),
        ("period,biome,count\nx,snow,1e3\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,1_000\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow, 1\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,+1\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,\u0663\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,nan\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow," + "9" * 5000, "line 2: the count has 5000 digits"),
        (f"period,biome,count\nx,snow,{MOST_POINTS + 1}\n", "line 2: more points on snow than can be counted"),
        (f"period,biome,count\nx,snow,{MOST_POINTS}\ny,ocean,1\ny,snow,1\n", "line 4: more points on snow"),
        ("period,biome,count\nx,snow,1\ny,snow,1\nx,snow,1\n", "line 4: snow is there twice in 'x'"),
        ("period,biome,count\nx,snow,0\nx,snow,0\n", "line 3: snow is there twice in 'x'"),
        ('period,biome,count\nx,snow,1\nx,"beach,1\n', "line 3: not CSV"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(TapeRefused) as refused:
        read(text)
    assert str(refused.value).startswith(message)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(TapeRefused, match="line 3: not UTF-8 text"):
        read_tape([b"period,biome,count\n", b"x,snow,1\n", b"\xff,snow,1\n"])


def test_the_largest_counts_fit():
    (period,) = read(f"period,biome,count\nx,snow,{MOST_POINTS}\nx,ocean,{MOST_POINTS}\n")
    assert (period.points[Biome.SNOW], period.points[Biome.OCEAN]) == (MOST_POINTS, MOST_POINTS)
