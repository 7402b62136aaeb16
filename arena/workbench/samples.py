"""Answers that a page must be able to show: the fake endpoint says them, a word at a time."""

ENGLISH = """The sky looks blue because air scatters short waves of light more than long ones.

**Rayleigh scattering** grows with the fourth power of the frequency:

1. Sunlight has all colours.
2. Air molecules are much smaller than its waves.
3. Blue light is scattered about *five times* as much as red.

> In the evening the light passes through more air, and what is left of it is red."""

CODE = """Use a set, and keep the order of the first sight:

```python
def unique(items: list[str]) -> list[str]:
    seen: set[str] = set()
    return [item for item in items if not (item in seen or seen.add(item))]
```

In Python 3.7 and later, `list(dict.fromkeys(items))` does the same.

| way | lines | keeps the order |
|---|---:|:---:|
| `set(items)` | 1 | no |
| `dict.fromkeys(items)` | 1 | yes |"""

MATHEMATICS = r"""The roots of $ax^2 + bx + c = 0$ are

$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$

so with \(a = 1\), \(b = -3\) and \(c = 2\) they are 1 and 2. It costs $5 to $10 to print this."""

HEBREW = """השמיים נראים כחולים משום שהאוויר מפזר אור כחול יותר מאור אדום.

1. אור השמש מכיל את כל הצבעים.
2. הפקודה `print("שלום")` מדפיסה מילה אחת.

```python
print("left to right", 1 + 2)
```"""

ARABIC = """تبدو السماء زرقاء لأن الهواء يشتت الضوء الأزرق أكثر من الأحمر.

- **السبب**: تشتت رايلي.
- استخدم `ls -l` لعرض الملفات."""

CHINESE = """**注意：**请先备份。天空看起来是蓝色的，因为空气对**短波光**的散射更强。

1. 阳光包含所有颜色。
2. 他说**“你好”**然后离开了。"""

LONG = "\n\n".join(f"## Part {number}\n\n{ENGLISH}" for number in range(1, 41))

ONE_WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 40

SAMPLES = {
    "english": ENGLISH,
    "code": CODE,
    "mathematics": MATHEMATICS,
    "hebrew": HEBREW,
    "arabic": ARABIC,
    "chinese": CHINESE,
    "long": LONG,
    "one-long-word": ONE_WORD,
}
