"""A text as a square code (ISO/IEC 18004) for a camera, drawn by segno."""

import io


def square(text: str) -> bytes:
    """An SVG of the code, dark on nothing, with its quiet zone."""
    import segno

    drawn = io.BytesIO()
    segno.make(text, micro=False, error="m").save(drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None)
    return drawn.getvalue()
