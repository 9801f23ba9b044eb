//! What the metrics of AWS count: requests, those that fail, how long they take, instances that are gone, or something that
//! is used up. It reads no file.

/// What a metric says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetricMeaning {
    /// Requests, good and bad.
    Requests,
    /// Requests that succeed.
    Good,
    /// Requests that fail; `average_is_ratio`: the average over requests is the share of them.
    Failed { average_is_ratio: bool },
    /// Requests that fail, in percent of all.
    FailedPercent,
    /// Probes that succeed, in percent of all.
    ProbesPercent,
    /// How long a request takes.
    Latency,
    /// Instances that are not well.
    Down,
    /// Instances that are well.
    Up,
    /// How much of something is used.
    Used,
    /// How much of something is left.
    Left,
    /// Nothing about instances or requests: why.
    Nothing(&'static str),
}

use MetricMeaning::{
    Down, Failed, FailedPercent, Good, Latency, Left, Nothing, ProbesPercent, Requests, Up, Used,
};

const COUNT: MetricMeaning = Failed { average_is_ratio: false };
const RATIO: MetricMeaning = Failed { average_is_ratio: true };

/// Metrics by namespace: the beginning of their names, the longest first where several fit.
const METRICS: [(&str, &str, MetricMeaning); 111] = [
    ("AWS/ApplicationELB", "HTTPCode_Target_2XX", Good),
    ("AWS/ApplicationELB", "HTTPCode_Target_3XX", Good),
    ("AWS/ApplicationELB", "HTTPCode_", COUNT),
    ("AWS/ApplicationELB", "TargetConnectionErrorCount", COUNT),
    ("AWS/ApplicationELB", "TargetTLSNegotiationErrorCount", COUNT),
    ("AWS/ApplicationELB", "RejectedConnectionCount", COUNT),
    ("AWS/ApplicationELB", "LambdaInternalError", COUNT),
    ("AWS/ApplicationELB", "LambdaUserError", COUNT),
    ("AWS/ApplicationELB", "RequestCount", Requests),
    ("AWS/ApplicationELB", "TargetResponseTime", Latency),
    ("AWS/ApplicationELB", "UnHealthyHostCount", Down),
    ("AWS/ApplicationELB", "HealthyHostCount", Up),
    ("AWS/ApplicationELB", "ActiveConnectionCount", Used),
    ("AWS/NetworkELB", "UnHealthyHostCount", Down),
    ("AWS/NetworkELB", "HealthyHostCount", Up),
    ("AWS/NetworkELB", "TCP_Target_Reset_Count", COUNT),
    ("AWS/NetworkELB", "TCP_ELB_Reset_Count", COUNT),
    ("AWS/NetworkELB", "TargetTLSNegotiationErrorCount", COUNT),
    ("AWS/NetworkELB", "NewFlowCount", Requests),
    ("AWS/GatewayELB", "UnHealthyHostCount", Down),
    ("AWS/GatewayELB", "HealthyHostCount", Up),
    ("AWS/ELB", "HTTPCode_Backend_2XX", Good),
    ("AWS/ELB", "HTTPCode_Backend_3XX", Good),
    ("AWS/ELB", "HTTPCode_", COUNT),
    ("AWS/ELB", "BackendConnectionErrors", COUNT),
    ("AWS/ELB", "RequestCount", Requests),
    ("AWS/ELB", "Latency", Latency),
    ("AWS/ELB", "UnHealthyHostCount", Down),
    ("AWS/ELB", "HealthyHostCount", Up),
    ("AWS/ELB", "SurgeQueueLength", Used),
    ("AWS/ELB", "SpilloverCount", COUNT),
    ("AWS/ApiGateway", "5X", RATIO),
    ("AWS/ApiGateway", "5x", RATIO),
    ("AWS/ApiGateway", "4X", RATIO),
    ("AWS/ApiGateway", "4x", RATIO),
    ("AWS/ApiGateway", "IntegrationError", RATIO),
    ("AWS/ApiGateway", "ExecutionError", RATIO),
    ("AWS/ApiGateway", "ClientError", RATIO),
    ("AWS/ApiGateway", "Count", Requests),
    ("AWS/ApiGateway", "Latency", Latency),
    ("AWS/ApiGateway", "IntegrationLatency", Latency),
    ("AWS/Lambda", "Errors", RATIO),
    ("AWS/Lambda", "Throttles", RATIO),
    ("AWS/Lambda", "DeadLetterErrors", COUNT),
    ("AWS/Lambda", "DestinationDeliveryFailures", COUNT),
    ("AWS/Lambda", "Invocations", Requests),
    ("AWS/Lambda", "Duration", Latency),
    ("AWS/Lambda", "PostRuntimeExtensionsDuration", Latency),
    ("AWS/Lambda", "IteratorAge", Used),
    ("AWS/Lambda", "ConcurrentExecutions", Used),
    ("AWS/Lambda", "UnreservedConcurrentExecutions", Used),
    ("AWS/Lambda", "ProvisionedConcurrency", Used),
    ("AWS/Lambda", "AsyncEventAge", Used),
    ("AWS/Lambda", "AsyncEventsDropped", COUNT),
    ("AWS/CloudFront", "5xxErrorRate", FailedPercent),
    ("AWS/CloudFront", "4xxErrorRate", FailedPercent),
    ("AWS/CloudFront", "TotalErrorRate", FailedPercent),
    ("AWS/CloudFront", "50", FailedPercent),
    ("AWS/CloudFront", "OriginLatency", Latency),
    ("AWS/CloudFront", "Requests", Requests),
    ("AWS/States", "ExecutionsFailed", COUNT),
    ("AWS/States", "ExecutionsTimedOut", COUNT),
    ("AWS/States", "ExecutionsAborted", COUNT),
    ("AWS/States", "ExecutionThrottled", COUNT),
    ("AWS/States", "ExecutionsSucceeded", Good),
    ("AWS/States", "ExecutionsStarted", Requests),
    ("AWS/States", "ExecutionTime", Latency),
    ("AWS/DynamoDB", "SystemErrors", COUNT),
    ("AWS/DynamoDB", "UserErrors", COUNT),
    ("AWS/DynamoDB", "ThrottledRequests", COUNT),
    ("AWS/DynamoDB", "ReadThrottle", COUNT),
    ("AWS/DynamoDB", "WriteThrottle", COUNT),
    ("AWS/DynamoDB", "ConditionalCheckFailed", COUNT),
    ("AWS/DynamoDB", "SuccessfulRequestLatency", Latency),
    ("AWS/DynamoDB", "Consumed", Used),
    ("AWS/AppSync", "5XXError", COUNT),
    ("AWS/AppSync", "4XXError", COUNT),
    ("AWS/AppSync", "Latency", Latency),
    ("AWS/AppRunner", "5xxStatusResponses", COUNT),
    ("AWS/AppRunner", "4xxStatusResponses", COUNT),
    ("AWS/AppRunner", "2xxStatusResponses", Good),
    ("AWS/AppRunner", "Requests", Requests),
    ("AWS/AppRunner", "RequestLatency", Latency),
    ("AWS/SNS", "NumberOfNotificationsFailed", COUNT),
    ("AWS/SNS", "NumberOfMessagesPublished", Requests),
    ("AWS/Events", "FailedInvocations", COUNT),
    ("AWS/Events", "Invocations", Requests),
    ("AWS/S3", "5xxErrors", RATIO),
    ("AWS/S3", "4xxErrors", RATIO),
    ("AWS/S3", "AllRequests", Requests),
    ("AWS/S3", "FirstByteLatency", Latency),
    ("AWS/S3", "TotalRequestLatency", Latency),
    ("AWS/SQS", "ApproximateAge", Used),
    ("AWS/SQS", "ApproximateNumber", Used),
    ("AWS/EC2", "StatusCheckFailed", Down),
    ("AWS/EC2", "CPUCreditBalance", Left),
    ("AWS/AutoScaling", "GroupInServiceInstances", Up),
    ("AWS/AutoScaling", "GroupTotalInstances", Up),
    ("AWS/ECS", "RunningTaskCount", Up),
    ("ECS/ContainerInsights", "RunningTaskCount", Up),
    ("ECS/ContainerInsights", "PendingTaskCount", Down),
    ("ContainerInsights", "node_number_of_running_pods", Up),
    ("ContainerInsights", "pod_number_of_container_restarts", Down),
    ("ContainerInsights", "cluster_failed_node_count", Down),
    ("AWS/Route53", "HealthCheckStatus", Up),
    ("AWS/Route53", "HealthCheckPercentageHealthy", ProbesPercent),
    ("CloudWatchSynthetics", "SuccessPercent", ProbesPercent),
    ("CloudWatchSynthetics", "Failed", COUNT),
    ("CloudWatchSynthetics", "Duration", Latency),
    ("AWS/Billing", "", Nothing("what something costs says nothing about a change's instances")),
    ("AWS/Usage", "", Nothing("a quota of the account says nothing about a change's instances")),
];

/// Words in a name that tell what a metric counts, whatever its namespace; the first that fits.
const WORDS: [(&str, MetricMeaning); 42] = [
    ("unhealthy", Down),
    ("healthyhost", Up),
    ("consolesignin", Nothing("who signs in says nothing about a change's instances")),
    ("unauthorized", Nothing("who is let in says nothing about a change's instances")),
    ("policychange", Nothing("a change of the account says nothing about instances")),
    ("rootaccount", Nothing("who signs in says nothing about a change's instances")),
    ("5xx", COUNT),
    ("4xx", COUNT),
    ("error", COUNT),
    ("fail", COUNT),
    ("fault", COUNT),
    ("exception", COUNT),
    ("throttle", COUNT),
    ("timeout", COUNT),
    ("dropped", COUNT),
    ("rejected", COUNT),
    ("latency", Latency),
    ("duration", Latency),
    ("responsetime", Latency),
    ("elapsed", Latency),
    ("restart", Down),
    ("free", Left),
    ("balance", Left),
    ("available", Left),
    ("remaining", Left),
    ("cpu", Used),
    ("mem", Used),
    ("disk", Used),
    ("storage", Used),
    ("utilization", Used),
    ("utilisation", Used),
    ("usage", Used),
    ("used", Used),
    ("queue", Used),
    ("lag", Used),
    ("age", Used),
    ("backlog", Used),
    ("depth", Used),
    ("connections", Used),
    ("threads", Used),
    ("evictions", Used),
    ("heap", Used),
];

/// What a metric says, and whether that is known and not read off its name. None where nobody can tell.
pub(super) fn reads(namespace: &str, name: &str) -> Option<(MetricMeaning, bool)> {
    let known = METRICS.iter().find(|(of, begins, _)| *of == namespace && name.starts_with(begins));
    if let Some((_, _, reads)) = known {
        return Some((*reads, true));
    }
    let small: String =
        name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    let by_word = WORDS.iter().find(|(word, _)| small.contains(word));
    by_word.map(|(_, reads)| (*reads, namespace.starts_with("AWS/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_known_by_their_namespace_or_their_words() {
        assert_eq!(reads("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"), Some((COUNT, true)));
        assert_eq!(reads("AWS/ApplicationELB", "HTTPCode_Target_2XX_Count"), Some((Good, true)));
        assert_eq!(reads("AWS/Lambda", "Errors"), Some((RATIO, true)));
        assert_eq!(reads("my.namespace", "Errors"), Some((COUNT, false)));
        assert_eq!(reads("AWS/RDS", "FreeStorageSpace"), Some((Left, true)));
        assert_eq!(reads("AWS/RDS", "DatabaseConnections"), Some((Used, true)));
        assert!(matches!(reads("AWS/Billing", "EstimatedCharges"), Some((Nothing(_), true))));
        assert_eq!(reads("Shop", "Orders"), None);
    }
}
