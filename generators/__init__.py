"""Where music is composed: harmony, breath and the layers over them."""
