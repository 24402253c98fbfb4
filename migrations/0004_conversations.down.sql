drop table model_calls, messages, conversations;
