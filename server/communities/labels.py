"""What the register's codes are called on screen."""

from server.lib.i18n import N_, _

KINDS = {"home": N_("住宅"), "shop": N_("商铺"), "storage": N_("储藏室"), "office": N_("办公")}
VACANCIES = {"occupied": N_("自住"), "let": N_("出租"), "vacant": N_("空置"), "developer": N_("未售")}
VACANCY_TONES = {"occupied": "brand", "let": "brand", "vacant": "warn", "developer": ""}
ROLES = {"owner": N_("业主"), "co_owner": N_("共有人"), "tenant": N_("租户"), "member": N_("家庭成员")}
ENDINGS = {"transfer": N_("过户"), "moved_out": N_("迁出"), "corrected": N_("登记有误，已更正")}
OWNERSHIPS = {"owned": N_("业主自有"), "developer": N_("开发商所有"), "common": N_("业主共有")}
PERSON_KINDS = {"natural": N_("个人"), "company": N_("单位")}


def options(labels: dict[str, str]) -> list[tuple[str, str]]:
    """Return `labels` as (value, text) pairs for a select or chips, in the user's language."""
    return [(value, _(text)) for value, text in labels.items()]
