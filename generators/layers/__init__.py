"""One class a layer; the ensemble plays them over one harmony."""
