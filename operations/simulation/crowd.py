"""The simulated crowd: its own players look around and trade, so that a newcomer finds a live exchange.

Never in production. The crowd's decisions (`Moods`, `Trends`, `choose_trade`) are pure functions of a random
generator and the time that passed; only `Crowd` touches the exchange, through the same functions as every other
player.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import cycle, islice
from random import Random
from typing import NoReturn
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.models import User
from accounts.naming.names import look_of
from attention.biomes import Biome
from attention.meter import Asked, give_attention_together
from attention.selectors import waiting_attention
from core.errors import DomainError
from markets import events
from markets.economic_settings import current_settings
from markets.models import Market
from markets.money import MICRO
from trading.models import Holding
from trading.orders.market_orders import buy_shares, sell_shares
from trading.pricing.quotes import Side
from trading.wallets.wallets import ensure_wallet, top_up

logger = logging.getLogger(__name__)

# In a step those look around whose turn it is, nearly all of them in each cycle; in one step of four there is a trade.
# With the time that they take, some 12 and 3 a second. On a busy machine there are fewer, so that the crowd is never
# what makes it slow.
PAUSE_SECS = 1 / 15
TRADES_A_STEP = 0.25
# Everyone looks again so many cycles later: who looked twice within one would be over budget, and cycles are not even.
LOOK_EVERY_CYCLES = 1.2
# So many look at once, in one transaction, that this costs no more than one look each step would.
BATCHES_A_CYCLE = 3
# Time in which nothing was done, as while the database was away, changes moods no more than this.
LONGEST_STEP_SECS = 1.0

# A market's price follows its part of all attention within seconds, and that part is e^interest against the others'.
# So these bounds are what keeps prices between about 40 and 250 BDT.
LEAST_INTEREST, MOST_INTEREST, FAD_INTEREST = -0.6, 0.6, 1.0
INTEREST_SPREAD = 0.35
INTEREST_MEMORY_SECS = 90.0
FAD_SECS = (20.0, 40.0)
CALM_SECS = 30.0

SMALLEST_TRADE_BDT, LARGEST_TRADE_BDT = 5, 200
SALES = 0.5
BIOMES_COMPARED = 3
# How fast the average that a price is compared with follows it: half a minute, at the crowd's rate of trades.
AVERAGE_WEIGHT = 0.01

# Fees and bad luck make players poor. Each top-up has to be lost again before the next, so that they are bounded.
POOR_BELOW_BDT, TOP_UP_BDT = 500, 1000

FIRST_RETRY_SECS, LONGEST_RETRY_SECS = 0.5, 5.0


# --- What the crowd wants: pure --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fad:
    """A biome that is popular for a while, from a time of the moods' own clock on."""

    biome: Biome
    begins_secs: float
    lasts_secs: float

    def strength(self, at_secs: float) -> float:
        """Return the strength of the fad: from 0 up to 1 at half time, and back to 0."""
        age = (at_secs - self.begins_secs) / self.lasts_secs
        return math.sin(math.pi * min(max(age, 0.0), 1.0))

    def is_over(self, at_secs: float) -> bool:
        """Return whether the fad has passed."""
        return at_secs >= self.begins_secs + self.lasts_secs


class Moods:
    """The crowd's interest in each biome: random walks that return to 0, and one fad after the other."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._at_secs = 0.0
        self._walks = dict.fromkeys(Biome, 0.0)
        self._owed = dict.fromkeys(Biome, 0.0)
        self._fad = self._next_fad()

    def advance(self, secs: float) -> None:
        """Advance the clock of the moods. The walk's spread does not depend on the length of the steps."""
        self._at_secs += secs
        kept = math.exp(-secs / INTEREST_MEMORY_SECS)
        news = INTEREST_SPREAD * math.sqrt(1 - kept * kept)
        for biome, walk in self._walks.items():
            walked = walk * kept + news * self._rng.gauss(0.0, 1.0)
            self._walks[biome] = min(max(walked, LEAST_INTEREST), MOST_INTEREST)
        if self._fad.is_over(self._at_secs):
            self._fad = self._next_fad()

    def interest(self, biome: Biome) -> float:
        """Return the interest in a biome, from LEAST_INTEREST to FAD_INTEREST."""
        walk = self._walks[biome]
        if biome != self._fad.biome:
            return walk
        return walk + (FAD_INTEREST - walk) * self._fad.strength(self._at_secs)

    def parts(self) -> dict[Biome, float]:
        """Return each biome's part of the crowd's attention; together 1."""
        weights = {biome: math.exp(self.interest(biome)) for biome in Biome}
        whole = sum(weights.values())
        return {biome: weight / whole for biome, weight in weights.items()}

    def hand_out(self, looks: int) -> dict[Biome, int]:
        """Split whole looks by the biomes' parts. Rounding losses of a biome are made up by a later call."""
        for biome, part in self.parts().items():
            self._owed[biome] += part * looks
        handed = dict.fromkeys(Biome, 0)
        left = looks
        for biome, owed in sorted(self._owed.items(), key=lambda item: -item[1]):
            handed[biome] = min(max(int(owed), 0), left)
            left -= handed[biome]
        for biome in sorted(Biome, key=lambda biome: handed[biome] - self._owed[biome])[:left]:
            handed[biome] += 1
        for biome, count in handed.items():
            self._owed[biome] -= count
        return {biome: count for biome, count in handed.items() if count}

    def _next_fad(self) -> Fad:
        return Fad(
            biome=self._rng.choice(list(Biome)),
            begins_secs=self._at_secs + self._rng.expovariate(1 / CALM_SECS),
            lasts_secs=self._rng.uniform(*FAD_SECS),
        )


class Trends:
    """The distance of each price from its own recent average."""

    def __init__(self) -> None:
        self._averages: dict[Biome, float] = {}

    def observe(self, prices: Mapping[Biome, float]) -> dict[Biome, float]:
        """Record new prices; return by how much each is above its average, as a part of it: 0.1 is 10 %."""
        for biome, price in prices.items():
            average = self._averages.get(biome, price)
            self._averages[biome] = average + (price - average) * AVERAGE_WEIGHT
        return {biome: price / self._averages[biome] - 1 for biome, price in prices.items()}


class Style(StrEnum):
    """A simulated player's preference: rising prices, or cheap shares."""

    MOMENTUM = "momentum"
    BARGAIN = "bargain"


@dataclass(frozen=True, slots=True)
class Wish:
    """A trade that a player would like."""

    side: Side
    biome: Biome
    size_micro: int


def choose_trade(
    *, rng: Random, style: Style, trends: Mapping[Biome, float], held_micro: Mapping[Biome, int], balance_micro: int
) -> Wish | None:
    """Return the trade that a player would like now, sized in micro-BDT; None where there is nothing to buy or sell
    with.

    `held_micro` is the value of the player's shares by biome. Of a few biomes at random, players buy the one they
    like most and sell the one they like least.
    """
    size_micro = rng.randint(SMALLEST_TRADE_BDT, LARGEST_TRADE_BDT) * MICRO
    # Crumbs stay where they are: their sale would round to nothing, or nearly.
    to_sell = [biome for biome, value_micro in held_micro.items() if value_micro >= SMALLEST_TRADE_BDT * MICRO]
    can_buy = balance_micro >= size_micro
    if not can_buy and not to_sell:
        return None
    sign = 1 if style is Style.MOMENTUM else -1

    def liking(biome: Biome) -> float:
        return sign * trends[biome]

    if to_sell and (not can_buy or rng.random() < SALES):
        biome = min(_some(to_sell, rng), key=liking)
        return Wish(Side.SELL, biome, min(size_micro, held_micro[biome]))
    return Wish(Side.BUY, max(_some(list(Biome), rng), key=liking), size_micro)


def _some(biomes: Sequence[Biome], rng: Random) -> list[Biome]:
    return rng.sample(biomes, min(BIOMES_COMPARED, len(biomes)))


# --- What it does ----------------------------------------------------------------------------------------------------


def gather_players(*, count: int) -> list[int]:
    """Return the ids of the crowd's players, in ascending order: those of earlier runs, and new ones up to `count`.

    Nobody can sign in as one of them. A name that a person took is left to that person, and the crowd is one
    smaller. Wallets are opened by those who trade alone.
    """
    names = [f"crowd-{number:02}" for number in range(1, count + 1)]
    known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    User.objects.bulk_create(
        [_simulated(name) for name in names if name not in known],
        ignore_conflicts=True,
    )
    players = User.objects.filter(username__in=names, is_simulated=True, is_active=True)
    return list(players.order_by("pk").values_list("pk", flat=True))


def _simulated(name: str) -> User:
    address, unusable = f"{name}@crowd.invalid", make_password(None)
    verified_at = timezone.now()
    return User(
        username=name, look=look_of(name), email=address, verified_at=verified_at, password=unusable, is_simulated=True
    )


class Crowd:
    """The players of the crowd, with their moods. All look around; only the first `traders` trade."""

    def __init__(self, *, player_ids: Sequence[int], traders: int, rng: Random) -> None:
        self._rng = rng
        self._moods = Moods(rng)
        self._trends = Trends()
        self._most_looks = len(player_ids)
        # Everyone looks at once when the crowd comes, so that no cycle begins with a newcomer's attention alone.
        self._looks_due = float(len(player_ids))
        self._lookers = cycle(player_ids)
        self._traders = player_ids[:traders]
        self._stepped_at: datetime | None = None

    def step(self, *, now: datetime) -> None:
        """Have some players look around, and sometimes one trade. Refusals are ignored, as the next step comes soon."""
        secs = self._secs_since_last(now)
        self._moods.advance(secs)
        with suppress(DomainError):
            self._look(self._turns(secs))
        if self._rng.random() < TRADES_A_STEP:
            with suppress(DomainError):
                self._trade(self._rng.choice(self._traders), now)

    def _secs_since_last(self, now: datetime) -> float:
        last, self._stepped_at = self._stepped_at or now, now
        return min(max((now - last).total_seconds(), 0.0), LONGEST_STEP_SECS)

    def _turns(self, secs: float) -> list[int]:
        """Return the players whose turn it is, so that each looks once in `LOOK_EVERY_CYCLES`."""
        looks_a_sec = self._most_looks / (LOOK_EVERY_CYCLES * settings.CYCLE_SECS)
        self._looks_due = min(self._looks_due + looks_a_sec * secs, self._most_looks)
        count = int(self._looks_due)
        if count < self._most_looks / BATCHES_A_CYCLE:
            return []
        self._looks_due -= count
        return list(islice(self._lookers, count))

    def _look(self, player_ids: Sequence[int]) -> None:
        """Give a whole budget of each of these players to one biome, all in one transaction."""
        if not player_ids or not (budget_points := current_settings().attention_budget_points):
            return
        looked_at = [biome for biome, looks in self._moods.hand_out(len(player_ids)).items() for _ in range(looks)]
        # In no order: of those whose budget is used up, no biome has more than others.
        self._rng.shuffle(looked_at)
        asked = [Asked(one, {biome: budget_points}) for one, biome in zip(player_ids, looked_at, strict=True)]
        given = give_attention_together(asked, budget_points=budget_points)
        if any(one.accepted for one in given) and events.attention_is_due():
            events.announce_attention(waiting_attention().items())

    def _trade(self, player_id: int, now: datetime) -> None:
        markets = {Biome(market.biome): market for market in Market.objects.all()}
        trends = self._trends.observe({biome: float(market.price) for biome, market in markets.items()})
        balance_micro = ensure_wallet(player_id=player_id, now=now).balance_micro
        shares_micro = _shares_held(player_id)
        held_micro = {biome: _value(markets[biome], shares) for biome, shares in shares_micro.items()}
        if balance_micro + sum(held_micro.values()) < POOR_BELOW_BDT * MICRO:
            self._top_up(player_id, now)
            return
        style = Style.MOMENTUM if player_id % 2 else Style.BARGAIN
        wish = choose_trade(
            rng=self._rng, style=style, trends=trends, held_micro=held_micro, balance_micro=balance_micro
        )
        if wish is None:
            return
        if wish.side is Side.BUY:
            buy_shares(
                operation=uuid4(),
                player_id=player_id,
                biome=wish.biome,
                spend_micro=wish.size_micro,
                now=now,
            )
            return
        market = markets[wish.biome]
        worth_micro = wish.size_micro * market.total_shares_micro // market.cash_micro
        sell_shares(
            operation=uuid4(),
            player_id=player_id,
            biome=wish.biome,
            shares_micro=min(worth_micro, shares_micro[wish.biome]),
            now=now,
        )

    def _top_up(self, player_id: int, now: datetime) -> None:
        top_up(
            operation=uuid4(),
            initiator_id=player_id,
            player_id=player_id,
            amount_micro=TOP_UP_BDT * MICRO,
            reason="A simulated player was poor",
            now=now,
        )


def run_crowd(crowd: Crowd, *, now: Callable[[], datetime], sleep: Callable[[float], None]) -> NoReturn:
    """Run the crowd until an exception ends it. While the database is away it retries, ever more slowly."""
    retry_secs = FIRST_RETRY_SECS
    while True:
        try:
            crowd.step(now=now())
        except (OperationalError, InterfaceError) as error:
            logger.warning("the crowd waits %s s for the database: %s", retry_secs, " ".join(str(error).split()))
            # What broke stays broken; the next step connects anew.
            connection.close()
            sleep(retry_secs)
            retry_secs = min(2 * retry_secs, LONGEST_RETRY_SECS)
        else:
            retry_secs = FIRST_RETRY_SECS
            sleep(PAUSE_SECS)


def _shares_held(player_id: int) -> dict[Biome, int]:
    holdings = Holding.objects.filter(player_id=player_id, shares_micro__gt=0)
    return {Biome(biome): shares for biome, shares in holdings.values_list("market_id", "shares_micro")}


def _value(market: Market, shares_micro: int) -> int:
    return shares_micro * market.cash_micro // market.total_shares_micro
