drop function begin_task, end_task;
