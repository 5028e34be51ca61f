DROP TABLE setting;
DROP TABLE refusal;
DROP TABLE challenge;
DROP TABLE session;
