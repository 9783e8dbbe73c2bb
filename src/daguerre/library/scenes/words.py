"""The words that captions and queries use for what a scene shows; the first of each is the plain one."""

from __future__ import annotations

PLACE_WORDS: dict[str, tuple[str, ...]] = {
    "beach": ("beach", "seaside", "shore"),
    "sea": ("sea", "ocean", "open water"),
    "mountain": ("mountains", "hills", "alps"),
    "city": ("city", "town", "street"),
    "forest": ("forest", "woods"),
    "snow": ("snow", "snowy landscape", "winter landscape"),
    "meadow": ("meadow", "field", "grass"),
    "desert": ("desert", "sand dunes"),
    "room": ("room", "living room"),
    "lake": ("lake", "pond"),
}
PREPOSITIONS = {"sea": "on the", "lake": "on the", "beach": "on the"}
SUBJECT_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "person": (("person", "man", "woman", "someone"), ("people", "friends", "persons")),
    "dog": (("dog", "puppy"), ("dogs", "puppies")),
    "cat": (("cat", "kitten"), ("cats", "kittens")),
    "bird": (("bird",), ("birds",)),
    "car": (("car", "vehicle"), ("cars", "vehicles")),
    "boat": (("boat", "sailboat", "ship"), ("boats", "sailboats", "ships")),
    "tree": (("tree",), ("trees",)),
    "house": (("house", "home"), ("houses", "homes")),
    "flower": (("flower", "blossom"), ("flowers", "blossoms")),
    "balloon": (("balloon",), ("balloons",)),
}
#: From four on, people say that there are several.
NUMBER_WORDS: dict[int, tuple[str, ...]] = {
    1: ("a", "one", "a single"),
    2: ("two", "a pair of", "two"),
    3: ("three",),
    4: ("several", "many", "a group of"),
}
TIME_WORDS: dict[str, tuple[str, ...]] = {
    "day": ("during the day", "in daylight", "in the daytime"),
    "sunset": ("at sunset", "in the evening", "at dusk"),
    "night": ("at night", "in the dark"),
    "dawn": ("at dawn", "in the early morning", "at sunrise"),
}
WEATHER_WORDS: dict[str, tuple[str, ...]] = {
    "clear": ("with a clear sky", "in clear weather"),
    "cloudy": ("under a cloudy sky", "with clouds"),
    "rain": ("in the rain", "on a rainy day"),
    "fog": ("in fog", "in mist", "on a foggy day"),
    "snowfall": ("while it is snowing", "in falling snow"),
}
FOOD_WORDS: dict[str, tuple[str, ...]] = {
    "pizza": ("pizza",),
    "cake": ("cake", "birthday cake"),
    "fruit": ("fruit", "apples and oranges"),
    "salad": ("salad",),
    "burger": ("burger", "hamburger"),
    "coffee": ("coffee", "cup of coffee"),
    "soup": ("soup", "bowl of soup"),
    "sushi": ("sushi",),
}
SURFACE_WORDS: dict[str, tuple[str, ...]] = {
    "wooden": ("wooden table", "wood"),
    "white": ("white table",),
    "dark": ("dark table", "black table"),
    "green": ("green tablecloth", "green table"),
    "blue": ("blue tablecloth", "blue table"),
    "checked": ("checked tablecloth",),
}
DOC_WORDS: dict[str, tuple[str, ...]] = {
    "document": ("document", "page of text", "paper"),
    "receipt": ("receipt", "bill"),
    "whiteboard": ("whiteboard",),
    "screenshot": ("screenshot", "phone screen"),
    "chart": ("chart", "graph"),
}
STYLE_WORDS: dict[str, tuple[str, ...]] = {
    "heading": ("with a heading", "with a title"),
    "table": ("with a table of numbers",),
    "stamp": ("with a stamp",),
    "long": ("with many lines",),
    "short": ("with few lines",),
    "diagram": ("with a diagram",),
    "notes": ("with handwritten notes",),
    "chat": ("of a chat", "of messages"),
    "map": ("of a map",),
    "gallery": ("of a photo gallery",),
    "bar": ("with bars",),
    "line": ("with a line",),
    "pie": ("with a pie",),
}
