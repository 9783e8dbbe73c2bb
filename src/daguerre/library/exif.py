"""What devices write into files beside the pixels: EXIF, GPS and the XMP that marks a burst."""

from __future__ import annotations

from fractions import Fraction

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from daguerre.library.truth import TruthRow

_MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _DATE_TIME = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_ORIGINAL, _DIGITIZED = 0x9003, 0x9004
_OFFSET, _OFFSET_ORIGINAL, _SUBSEC_ORIGINAL = 0x9010, 0x9011, 0x9291
_SECONDS = 10_000


def exif_of(row: TruthRow) -> Image.Exif:
    """Return the EXIF block of a row; empty when its device writes none."""
    exif = Image.Exif()
    if row.camera and row.exif_time:
        exif[_MAKE], exif[_MODEL] = row.camera.make, row.camera.model
    if row.software:
        exif[_SOFTWARE] = row.software
    if row.orientation != 1:
        exif[_ORIENTATION] = row.orientation
    if row.exif_time:
        clock, _, milliseconds = row.exif_time.partition(".")
        exif[_DATE_TIME] = clock
        shot = exif.get_ifd(_EXIF_IFD)
        shot[_ORIGINAL] = shot[_DIGITIZED] = clock
        shot[_SUBSEC_ORIGINAL] = milliseconds
        if row.exif_offset:
            shot[_OFFSET] = shot[_OFFSET_ORIGINAL] = row.exif_offset
    if row.gps_lat is not None and row.gps_lon is not None:
        gps = exif.get_ifd(_GPS_IFD)
        gps[1], gps[2] = ("S" if row.gps_lat < 0 else "N"), _degrees(row.gps_lat)
        gps[3], gps[4] = ("W" if row.gps_lon < 0 else "E"), _degrees(row.gps_lon)
    return exif


def xmp_of(row: TruthRow) -> bytes | None:
    """Return the XMP packet of a frame of a burst, or None."""
    if not row.burst_id:
        return None
    first = ' GCamera:BurstPrimary="1"' if row.best_of_burst else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:BurstID="{row.burst_id}"{first}/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    units = round(Fraction(str(abs(value))) * 3600 * _SECONDS)
    minutes, seconds = divmod(units, 60 * _SECONDS)
    degrees, minutes = divmod(minutes, 60)
    return IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(seconds, _SECONDS)
