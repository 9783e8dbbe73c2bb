"""daguerre search: words or a picture in, ranked photos out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.opening import reading_workspace
from daguerre.cli.running import production_encoder
from daguerre.cli.show import find_photo
from daguerre.errors import DaguerreError
from daguerre.media.contact_sheet import contact_sheet
from daguerre.search.service import Filters, Hit, SearchService
from daguerre.serving.calls import ONLINE
from daguerre.serving.opening import open_encoder
from daguerre.stages.pictures import thumbnails
from daguerre.workspace import Workspace


class QuestionError(DaguerreError):
    """The question cannot be asked."""

    exit_code = 2


def search(
    text: Annotated[str, typer.Argument(help="What to look for, in words.")] = "",
    like: Annotated[str, typer.Option(help="A photo_id, or a picture file, to look for pictures like it.")] = "",
    owner: Annotated[str, typer.Option(help="Only this owner's photos.")] = "",
    after: Annotated[datetime | None, typer.Option(help="Taken at or after this time (UTC).")] = None,
    before: Annotated[datetime | None, typer.Option(help="Taken before this time (UTC).")] = None,
    place: Annotated[str, typer.Option(help="Taken here, as in 'Lisbon, PT'.")] = "",
    k: Annotated[int, typer.Option("-k", help="How many photos.", min=1, max=1000)] = 10,
    sheet: Annotated[Path | None, typer.Option(help="Write the hits as a contact sheet to this PNG or JPEG.")] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show hits that are too weak to be called good.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find photos by words or by likeness. Ends with exit code 5 when nothing good was found."""
    if bool(text) == bool(like):
        raise QuestionError("give either words or --like, not both and not neither")
    ws = reading_workspace()
    filters = Filters(after=_utc(after), before=_utc(before), place=place or None)
    spec, _ = production_encoder(ws)
    with open_encoder(ws, spec.digest, patience=ONLINE) as encoder:
        service = SearchService(ws, encoder)
        found = _ask(ws, service, text, like, owner or None, k, filters)
    nothing_good = service.judge(found, "text" if text else "image")
    floor = service.abstention.threshold if text and service.abstention else None
    hits = [] if nothing_good and not show_all else found
    if sheet and hits:
        write_sheet(ws, hits, sheet)
    asked = f"{text or like!r}" + (f" of {owner}" if owner else "")
    if json:
        best = round(found[0].score, 5) if found else None
        answer = {"nothing_good": nothing_good, "best_score": best, "good_from": floor, "hits": _records(hits)}
        print_json(answer)
    elif not hits:
        out.print(_nothing(asked, found, floor), markup=False)
    else:
        print_table(
            f"{len(hits)} photos for {asked}" + (", none of them good" if nothing_good else ""),
            ["score", "photo_id", "owner", "taken", "place", "object"],
            [[h.score, h.photo_id, h.owner_id, _day(h.taken_at), h.place, h.source_key] for h in hits],
            right=["score"],
        )
        if sheet:
            out.print(f"Contact sheet: {sheet}")
    if not hits:
        raise typer.Exit(5)


def _ask(
    ws: Workspace, service: SearchService, text: str, like: str, owner: str | None, k: int, filters: Filters
) -> list[Hit]:
    if text:
        return service.by_text(text, owner=owner, k=k, filters=filters)
    if Path(like).is_file():
        from daguerre.media.decode import decode

        picture = decode(Path(like).read_bytes(), max_pixels=ws.settings.max_pixels)
        return service.by_image(picture.rgb, owner=owner, k=k, filters=filters)
    return service.by_photo(find_photo(ws, like)["photo_id"], owner=owner, k=k, filters=filters)


def write_sheet(ws: Workspace, hits: list[Hit], path: Path) -> None:
    """Write the hits' thumbnails, best first, as one picture; the suffix decides the format."""
    import io

    from PIL import Image

    jpeg = contact_sheet(thumbnails(ws, [hit.photo_id for hit in hits]), columns=5, side_px=128, quality=88)
    with Image.open(io.BytesIO(jpeg)) as picture:
        try:
            picture.save(path)
        except ValueError as e:
            raise QuestionError(f"contact sheet {path}: {e}", fix="Name a .png or .jpg file.") from e


def _nothing(asked: str, found: list[Hit], floor: float | None) -> str:
    if not found or floor is None:
        return f"Nothing found for {asked}."
    best = found[0].score
    return f"Nothing good found for {asked}: the best hit scores {best:.3f}, good ones {floor:.3f}. --all shows it."


def _records(hits: list[Hit]) -> list[dict[str, object]]:
    return [
        {
            "photo_id": hit.photo_id,
            "owner_id": hit.owner_id,
            "score": round(hit.score, 5),
            "taken_at": hit.taken_at.isoformat() if hit.taken_at else None,
            "place": hit.place,
            "source_key": hit.source_key,
        }
        for hit in hits
    ]


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"
