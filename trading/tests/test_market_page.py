"""The page of one biome's market."""

import pytest
from django.urls import reverse

from attention.biomes import Biome

pytestmark = pytest.mark.usefixtures("markets")


@pytest.mark.parametrize("biome", Biome)
def test_every_biome_has_a_page(client, biome):
    page = client.get(reverse("market", args=[biome]))
    assert page.status_code == 200
    assert f"<h1>{biome.label}</h1>" in page.content.decode()
    assert 'value="100.00"' in page.content.decode()


@pytest.mark.parametrize("biome", ["lake", "OCEAN", "all", "%00"])
def test_an_unknown_biome_has_none(client, biome):
    assert client.get(f"/biome-market/{biome}/").status_code == 404
