"""Pieces of templates that Jinja2 and the phone must render alike, over documents like `given()`."""

from hypothesis import strategies as st

from tests.support.parity import NOON, decimals, moments, small, texts

rows = st.lists(
    st.fixed_dictionaries(
        {"name": texts, "n": small, "ok": st.booleans(), "tag": st.sampled_from(["a", "B", "b", "ü"]), "sub": st.fixed_dictionaries({"x": small})},
        optional={"maybe": st.none() | texts, "items": st.just([1, 2])},
    ),
    max_size=4,
)  # fmt: skip
given_documents = st.fixed_dictionaries(
    {
        "a": small, "b": small, "s": texts, "t": texts, "flag": st.booleans(), "nothing": st.none(), "xs": st.lists(small, max_size=5),
        "names": st.lists(texts, max_size=4), "rows": rows, "d": st.dictionaries(st.sampled_from(["k", "get", "name", "ü", "length"]), small, max_size=3),
        "any": st.none() | st.booleans() | small | texts, "dec": decimals, "ms": moments, "now": st.just(NOON),
    },
    optional={"perhaps": texts},
)  # fmt: skip

PARTS = {
    "part.html": "[{{ s }}{{ a }}{% set s = 'inner' %}{{ s }}{{ mine|default('none') }}]",
    "macros.html": """{% set WORDS = {"one": _("内业"), "two": "<2>"} %}{% macro cell(text, n=1, cls="") -%}
<td{% if cls %} class="{{ cls }}"{% endif %}>{{ text }}{{ n }}{{ WORDS.get(text, "-") }}</td>{%- endmacro %}
{% macro box(title=None) -%}<div>{% if title %}{{ title }}:{% endif %}{{ caller("<i>") }}{{ caller() }}</div>{%- endmacro %}
{% macro maybe(x) %}{% if caller is defined and caller %}{{ caller() }}{% else %}{{ x }}{% endif %}{% endmacro %}
{% macro twice(x) %}{% set x = x ~ x %}{% call maybe(x) %}({{ x }}){% endcall %}{% endmacro %}
{% macro down(n) %}{{ n }}{% if n > 0 %}{{ down(n - 1) }}{% endif %}{% endmacro %}""",
    "base.html": """<h1>{% block title %}base {{ s }}{% endblock %}</h1>{% set layout = "set " ~ a %}{% block body %}{{ layout }}{% block inner %}in{% endblock %}{% endblock %}{{ self.title() }}""",
    "middle.html": """{% extends "base.html" %}{% import "macros.html" as m %}{% block body %}<{{ super() }}>{{ m.cell("one") }}{% endblock %}""",
}

SNIPPETS = [
    # text and escaping
    "<p class='x'>`${a}` \\ {{ s }}</p>\n  {% if flag %}\n  yes\n  {% endif %}\n",
    "{{ s }}{{ s|e }}{{ s|e|e }}{{ (s|e) ~ t }}{{ s ~ t ~ a ~ nothing ~ flag }}",
    "{{ a }}{{ -a }}{{ flag }}{{ nothing }}{{ any }}",
    "{{ 'lit<' }}{{ 5 }}{{ true }}{{ none }}{{ \"'\" ~ 1 }}",
    "{{ '<' if flag }}{{ 'x' if a > 3 else s }}{{ (' c-' ~ s if s) ~ 'd' }}",
    # truth
    "{% if any %}1{% else %}0{% endif %}{% if xs %}1{% endif %}{% if d %}1{% endif %}{% if not s %}1{% endif %}{% if nothing %}1{% endif %}",
    "{% if a > b %}gt{% elif a == b %}eq{% elif flag and s %}{{ s }}{% else %}lt{% endif %}",
    "{{ any or s }}|{{ (any and s) or 'x' }}|{{ a and b }}|{{ not any }}|{{ flag and not flag }}",
    "{{ s if s else (t or 'both empty') }}",
    # comparison
    "{{ a == b }}{{ a != b }}{{ a == flag }}{{ any == 1 }}{{ any == '' }}{{ any == nothing }}{{ 1 == '1' }}{{ 0 == '' }}{{ none == 0 }}",
    "{{ 0 < a < 10 }}{{ a <= b }}{{ b >= a }}{{ a < b < 100 }}",
    "{{ s < t }}{{ s == t }}{{ names == names|list }}{{ s|e == s }}{{ d == d }}",
    "{{ a in xs }}{{ a not in xs }}{{ 'k' in d }}{{ a in d }}{{ 'x' in s }}{{ s in s }}{{ s in names }}{{ any in ('a', none, 1) }}",
    "{{ any < 3 }}",
    "{{ s < any }}",
    # arithmetic
    "{{ a + b }} {{ a - b }} {{ a * b }} {{ a // 7 }} {{ a % 7 }} {{ a // -7 }} {{ a % -7 }} {{ -a // 7 }} {{ -a % 7 }} {{ flag + 1 }}",
    "{{ a // b }}",
    "{{ a % b }}",
    "{{ s + t }}{{ (s|e) + t }}{{ t + (s|e) }}{{ (xs + [a])|length }}",
    "{{ s + a }}",
    "{{ (a - b)|abs }}",
    # reading
    "{{ d.k }}",
    "{{ d['length'] }}{{ d.get('k') }}{{ d.get('zz') }}{{ d.get('zz', s) }}{{ d.get('get', 'no') }}",
    "{{ rows[0].name }}{{ rows[-1]['name'] }}",
    "{{ rows[0].sub.x }}{{ rows[0].maybe }}",
    "{{ xs[0] }}{{ xs[-1] }}{{ xs[a] }}",
    "{{ s[0] }}{{ s[:3] }}|{{ s[1:] }}|{{ s[-2:] }}|{{ s[1:-1] }}|{{ (s|e)[:4] }}|{{ xs[:2]|length }}{{ xs[-2:]|sum }}{{ names[1:]|join('/') }}",
    "{{ nothing.x is defined }}{{ s.length is defined }}{{ xs.length is defined }}{{ d.constructor is defined }}{{ d['toString'] is defined }}{{ xs['0'] is defined }}",
    "{{ perhaps }}",
    "{{ perhaps|default('-') }}{{ perhaps is defined }}{{ perhaps is undefined }}{{ any|default('x', true) }}{{ nothing|default('kept') }}",
    "{{ perhaps ~ 'x' }}",
    "{{ perhaps.x }}",
    "{{ rows[9].name }}",
    "{% if perhaps %}1{% endif %}",
    "{{ perhaps == 1 }}",
    "{% for r in rows %}{{ r.maybe|default('-') }}{{ r['items']|default([])|length }}{% endfor %}",
    # loops
    "{% for x in xs %}{{ loop.index }}/{{ loop.length }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ x }};{% else %}none{% endfor %}",
    "{% for x in xs if x > 3 %}{{ loop.index }}:{{ x }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}",
    "{% for x in xs %}{{ loop.cycle('odd', 'even') }}{{ loop.previtem|default('-') }}{{ loop.nextitem|default('-') }}{% endfor %}",
    "{% for r in rows %}{% for x in xs %}{{ loop.index }}{{ r.name }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for k in d|list|sort %}{{ k }}={{ d[k] }}{% endfor %}{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}{{ d.keys()|sort|join }}{{ d.values()|sum }}",
    "{% for c in s %}[{{ c }}]{% endfor %}",
    "{% for x in nothing %}{% endfor %}",
    "{% for x in a %}{% endfor %}",
    "{% for label, value in [('a', a), (s, b)] %}{{ label }}{{ value }}{{ loop.last }}{% endfor %}",
    "{% for x, y in names %}{{ x }}{{ y }}{% endfor %}",
    "{% for label, n in [('a', a), (s, b)] if n > 0 %}{{ label }}{% endfor %}",
    "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(1, a) %}{{ i }}{% endfor %}",
    # set, with, namespace
    "{% set x = a %}{% for y in xs %}{% set x = y %}{{ x }}{% endfor %}{{ x }}",
    "{% set x = 1 %}{% if flag %}{% set x = s %}{% endif %}{{ x }}",
    "{% for y in xs %}{% if y > 3 %}{% set s = 'big' %}{% endif %}{{ s }}{% endfor %}{{ s }}",
    "{% set a, b = b, a %}{{ a }}{{ b }}",
    "{% set ns = namespace(n=0, seen=[]) %}{% for x in xs %}{% if x > 0 %}{% set ns.n = ns.n + x %}{% set ns.seen = ns.seen + [x] %}{% endif %}{% endfor %}{{ ns.n }}{{ ns.seen|join('+') }}",
    "{% set x %}<b>{{ s }}</b>{% endset %}{{ x }}{{ x ~ s }}{{ x|length }}{{ x|upper }}",
    "{% set x|trim|upper %}  <b>{{ s }}</b> {% endset %}[{{ x }}]",
    "{% with x = s, y = a %}{{ x }}{{ y }}{% set y = 2 %}{{ y }}{% endwith %}{{ x is defined }}",
    "{% filter upper %}<b>{{ s }}</b>{% for x in xs %}{{ x }}{% endfor %}{% endfilter %}",
    # macros
    "{% macro m(x, y='d', z=none) %}{{ x }}{{ y }}{{ z }}{% endmacro %}{{ m(s) }}{{ m(s, t) }}{{ m(z=1, x=a) }}{{ m(s)|upper }}{{ m(s) ~ '<' }}",
    "{% macro m(x) %}{{ x }}{{ s }}{{ a }}{% endmacro %}{{ m(t) }}{% for y in xs %}{{ m(y) }}{% endfor %}",
    "{% import 'macros.html' as m %}{{ m.cell('one') }}{{ m.cell(s, n=a, cls=t) }}{{ m.down(3) }}{{ m.twice(s) }}{{ m.maybe(s) }}",
    "{% from 'macros.html' import box, cell as td %}{% call(x='d') box(s) %}{{ x }}{{ t }}{{ td(a) }}{% endcall %}",
    "{% from 'macros.html' import WORDS %}{{ WORDS.one }}{{ WORDS['two'] }}",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m() }}",
    "{% macro m(x, y=x) %}{{ y }}{% endmacro %}{{ m(a) }}",
    # includes and inheritance
    "{% include 'part.html' %}{% set mine = t %}{% include 'part.html' %}{{ s }}",
    "{% for s in names %}{% include 'part.html' %}{% endfor %}",
    "{% extends 'base.html' %}{% set mine = s %}{% block title %}{{ super() }}!{{ mine }}{% endblock %}",
    "{% extends 'middle.html' %}{% block inner %}{{ super() }}{{ s }}{{ m.cell('two') }}{% endblock %}",
    "{% extends 'middle.html' %}{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + 1 %}{% endfor %}{% block body %}{{ super() }}{{ self.title() }}{{ ns.n }}{% set y = 1 %}{{ y }}{% endblock %}",
    # filters
    "{{ s|upper }}{{ s|lower }}{{ s|trim }}|{{ s|length }}{{ xs|length }}{{ d|count }}{{ (s|e)|length }}",
    "{{ s|replace('b', 'XX') }}{{ s|replace('', '-') }}{{ (s|e)|replace('&', s) }}{{ s|replace('b', s|e) }}",
    "{{ names|join(', ') }}|{{ names|join }}|{{ rows|join(', ', attribute='name') }}|{{ ['<', s|e]|join('&') }}|{{ xs|join('<') }}",
    "{{ xs|first|default('-') }}{{ xs|last|default('-') }}{{ xs|sum }}{{ xs|min|default('-') }}{{ xs|max|default('-') }}{{ rows|sum(attribute='n') }}",
    "{{ xs|first }}",
    "{{ xs|sort|join(',') }}{{ xs|sort(reverse=true)|join(',') }}{{ names|sort|join(',') }}{{ names|sort(case_sensitive=true)|join(',') }}",
    "{% for r in rows|sort(attribute='tag,n') %}{{ r.tag }}{{ r.n }}{% endfor %}{% for r in rows|sort(attribute='sub.x', reverse=true) %}{{ r.name }}{% endfor %}",
    "{% for key, group in rows|groupby('tag') %}{{ key }}:{{ group|map(attribute='n')|join('+') }};{% endfor %}{% for g in rows|groupby('ok') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}",
    "{% for g in rows|groupby('maybe', default='?') %}{{ g.grouper }}{% endfor %}",
    "{{ rows|map(attribute='name')|join('|') }}{{ rows|map(attribute='maybe', default='~')|join('|') }}{{ names|map('upper')|list|length }}{{ xs|map('string')|join }}",
    "{{ rows|selectattr('ok')|list|length }}{{ rows|rejectattr('ok')|map(attribute='n')|sum }}{{ rows|selectattr('n', '>', 3)|list|length }}{{ rows|selectattr('tag', 'equalto', 'a')|list|length }}{{ rows|selectattr('tag', 'in', ['a', 'b'])|list|length }}{{ rows|selectattr('maybe', 'defined')|list|length }}",
    "{{ xs|select('odd')|join(',') }}{{ xs|reject('odd')|join(',') }}{{ xs|select|list|length }}{{ xs|select('divisibleby', 3)|list|length }}",
    "{{ names|unique|join(',') }}{{ rows|unique(attribute='tag')|list|length }}{{ xs|reverse|join(',') }}{{ s|reverse|list|length }}",
    "{% for row in xs|batch(2) %}[{{ row|join(',') }}]{% endfor %}{% for row in xs|batch(3, 0) %}[{{ row|join(',') }}]{% endfor %}",
    "{{ s|int }}{{ '12'|int }}{{ ' -3 '|int }}{{ nothing|int(7) }}{{ a|string|int }}{{ 'x'|int(-1) }}",
    "{{ s|string }}{{ a|string ~ 1 }}{{ (s|e)|string }}{{ nothing|string }}",
    "{{ s|tojson }}{{ xs|tojson }}{{ d|tojson }}{{ rows|tojson }}{{ flag|tojson }}{{ nothing|tojson }}",
    "{{ s|urlencode }}?{{ a|urlencode }}",
    "{{ s.startswith('<') }}{{ s.endswith('>') }}{{ s.split('b')|join('|') }}{{ '/a/b'.startswith('/a') }}{{ (s|e).split('&')|last }}",
    # tests
    "{{ any is none }}{{ any is string }}{{ any is number }}{{ any is mapping }}{{ any is boolean }}{{ any is not none }}{{ flag is true }}{{ flag is false }}{{ any is true }}",
    "{{ a is odd }}{{ a is even }}{{ a is divisibleby 3 }}{{ a is eq b }}{{ a is lt(b) }}{{ a is ge b }}{{ s is in names }}",
    # texts
    "{{ _('内业') }}{{ _('%(n)s 分钟前', n=a) }}{{ _('%(n)s 分钟前', n=s) }}{{ _('今天 %(clock)s', clock=s|e) }}{{ _('没有这句 <b>100%%</b>') }}{{ _('内业') ~ s }}",
    "{{ '刚刚'|translated }}{{ s|translated }}{{ ngettext('%(n)s 套', '%(n)s 套', a) }}",
    # formats
    "{{ a|num }}{{ nothing|num }}{{ dec|num }}{{ (a * 12345)|yuan }}{{ ms|day }}{{ ms|clock }}{{ ms|daytime(now) }}{{ ms|ago(now) }}{{ a|abs|minutes }}{{ dec|cmp_decimal('10.0') }}",
    "{{ s|num }}",
]  # fmt: skip

PAGE = """{% extends "field/layout.html" %}
{% from "macros/icons.html" import icon %}
{% import "macros/ui.html" as ui %}
{% import "macros/forms.html" as forms %}
{% from "field/macros/ops.html" import op_form, arg %}
{% set open = rows|rejectattr("ok")|list %}
{% block title %}{{ s }}{% endblock %}
{% block heading %}{{ super() }} · {{ rows|length|num }}{% endblock %}
{% block back %}{% if flag %}/field/rounds?q={{ t|urlencode }}{% endif %}{% endblock %}
{% block content %}
  {{ ui.progress(open|length, rows|length or 1, _("进度"), open|length ~ "/" ~ rows|length) }}
  {% call ui.card(s, badge_text=t, badge_tone="warn" if open else "") %}
    {{ ui.facts([(s, t), (_("姓名"), perhaps|default("")), (t, (a * 100)|yuan)]) }}
  {% endcall %}
  <ul class="list">
    {% for tag, group in rows|groupby("tag") %}
      {{ ui.section_title(tag) }}
      {% for row in group|sort(attribute="n") %}
        {{ ui.item(row.name, ms|daytime(now), href="/field/rows/" ~ loop.index, icon_name="check" if row.ok else "x", n=row.n, end=dec|num) }}
      {% endfor %}
    {% else %}
      {{ ui.empty_state("check", _("没有"), ms|ago(now)) }}
    {% endfor %}
  </ul>
  {% call op_form("row.tick", me.csrf, path, entity=s, base=a, next=path, new="hazard" if flag else "", photos=flag, problem=problem) %}
    {{ arg("what", t) }}
    {{ forms.chips(none, "value", s, [("ok", _("正常")), ("bad", t)], value=typed.value|default(none), bad=("bad",)) }}
    {{ forms.field(none, "reading", t, type="decimal", value=dec, help=s, suffix="m³") }}
    {{ forms.textarea(none, "note", _("备注"), value=typed.note|default(""), maxlength=200) }}
    {{ forms.select(none, "place", s, [(1, s), ("2", t)], value=a, empty=t) }}
    {{ forms.checks(none, "all", t, [("x", s), ("y", t)], value=names) }}
    {{ forms.submit(_("保存"), block=true) }}
  {% endcall %}
  {{ ui.notice(problem or s, tone="bad", alert=true) }}
{% endblock %}
"""
