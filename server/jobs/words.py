"""What each kind of job is called on the screen. A convention test finds kinds without a name."""

from server.lib.i18n import N_

KINDS: dict[str, str] = {
    "import.read": N_("读取表格"),
    "import.apply": N_("导入表格"),
    "imports.forget": N_("清除旧的导入文件"),
    "complaints.watch": N_("上报超时的投诉"),
    "followups.remind": N_("提醒回访"),
    "hazards.escalate": N_("上报超期隐患"),
    "tickets.watch": N_("上报超时工单"),
    "hazards.leave_phones": N_("从手机上移走旧隐患"),
    "hazards.tell": N_("发送隐患消息"),
    "rooms.follow_dates": N_("按日期更新房态"),
    "jobs.purge": N_("清除旧任务"),
    "notices.deliver": N_("发送消息"),
    "patrols.keep": N_("生成巡查任务"),
    "quality.watch": N_("提醒逾期的改进措施"),
    "sessions.purge": N_("清除过期登录"),
    "sync.watch": N_("查看现场手机"),
    "sync.tidy": N_("清除同步旧记录"),
    "storage.collect_orphans": N_("清除未使用的照片"),
}

STATES: dict[str, str] = {
    "ready": N_("等待中"),
    "running": N_("进行中"),
    "done": N_("已完成"),
    "dead": N_("失败"),
}
