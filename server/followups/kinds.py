"""What a follow-up is about, why it is made, what is asked, and what the answers are called."""

from server.lib.i18n import N_

STATES = {"due": N_("待回访"), "done": N_("已回访"), "unreached": N_("联系不上"), "void": N_("不用回访")}

RATINGS = {"A": N_("满意"), "B": N_("较满意"), "C": N_("不满意")}
"""The grades of the trade's form 回访记录; C opens the work again."""

TONES = {"A": "ok", "B": "", "C": "bad"}

REASONS = {
    "complaint": N_("投诉，全部回访"),
    "leak": N_("渗漏，全部回访"),
    "urgent": N_("急修，全部回访"),
    "poor": N_("验收时不满意"),
    "sample": N_("随机抽中"),
}

QUESTIONS = {
    "on_time": N_("按约定的时间到了吗"),
    "solved": N_("问题解决了吗"),
    "charge": N_("收费讲清楚了吗"),
    "tidy": N_("穿鞋套、清理现场了吗"),
    "attitude": N_("态度怎么样"),
}
"""The five questions of the form; one that does not apply (nothing was charged) is answered so."""

ANSWERS = {"yes": N_("是"), "no": N_("否"), "none": N_("不涉及")}
ATTITUDES = {"yes": N_("好"), "no": N_("不好"), "none": N_("没见到人")}

ENTITIES = {"ticket": N_("报修"), "complaint": N_("投诉建议")}

TRIES = 3
"""How often somebody who does not answer is called before the call counts as unreached."""

THINGS = {
    "ticket": """select 'ticket' as entity, ticket.id, ticket.number, ticket.summary, ticket.place, ticket.contact_phone as phone,
        reporter.name as reporter, ticket.accepted_work_at as handled_at, ticket.result, ticket.rating as owner_rating
        from ticket left join person as reporter on reporter.id = ticket.reporter_id""",
    "complaint": """select 'complaint' as entity, complaint.id, complaint.number, complaint.summary, complaint.place,
        coalesce(complaint.contact_phone, filer.phone) as phone, filer.name as reporter, complaint.resulted_at as handled_at,
        complaint.result, null as owner_rating from complaint left join person as filer on filer.id = complaint.filer_id""",
}
"""Where the facts of each kind of thing are found, in the same columns; the lists join all of them as one table."""

ADDRESSES = {"ticket": "/tickets/%s", "complaint": "/complaints/%s"}
