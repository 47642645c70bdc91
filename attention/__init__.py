"""The seven biomes, and the attention given to each. It knows no money."""
