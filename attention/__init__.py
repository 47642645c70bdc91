"""The seven biomes, and who looked at which. A leaf: it knows no money."""
