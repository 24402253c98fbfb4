//! Each rule, broken once: a rule that nothing breaks guards nothing.

use serde_json::{Value, json};

use super::super::template::Template;
use super::RULES;

/// The rule, the file, where in it (a JSON pointer, its last part may be new), and what is planted there.
type Plant = (&'static str, &'static str, &'static str, fn() -> Value);

const PARENT: &str = "template.yaml";
const NETWORK: &str = "infra/aws/network.yaml";
const DATABASE: &str = "infra/aws/database.yaml";
const ALARMS: &str = "infra/aws/alarms.yaml";
const FIREWALL: &str = "infra/aws/firewall.yaml";
const MIGRATIONS: &str = "infra/aws/migrations.yaml";

const PLANTS: &[Plant] = &[
    ("a stack within", PARENT, "/Resources/Network/Properties/Parameters/Colour", || json!("blue")),
    ("a stack within", NETWORK, "/Parameters/Colour", || json!({ "Type": "String" })),
    ("what is taken", PARENT, "/Resources/Logs/Properties/Tags", || json!({ "GetAtt": "Network.Outputs.Colour" })),
    ("migrations run", PARENT, "/Globals/Function/Environment/Variables/DATABASE_URL", || {
        json!("postgresql://host/db")
    }),
    ("migrations run", MIGRATIONS, "/Resources/Schema/Properties/Code", || json!("1")),
    ("migrations run", MIGRATIONS, "/Resources/Schema/Properties/ServiceTimeout", || json!(900)),
    ("every function", PARENT, "/Globals/Function/AutoPublishAlias", || json!("new")),
    ("every function", PARENT, "/Resources/AuthMeFunction/Properties/Tracing", || json!("PassThrough")),
    ("every function", PARENT, "/Resources/AuthMeFunction/Properties/LoggingConfig", || json!({})),
    ("every function", PARENT, "/Resources/AuthMeFunction/Properties/Role", || json!({ "GetAtt": "ApiLogRole.Arn" })),
    ("every function", PARENT, "/Resources/ChatSendFunction/Properties/DeploymentPreference/Alarms", || json!([])),
    ("every function", PARENT, "/Resources/ChatSendFunction/Properties/DeploymentPreference", || Value::Null),
    (
        "what is called",
        PARENT,
        "/Resources/TasksMapping/Properties/FunctionName",
        || json!({ "Ref": "WorkersRunTaskFunction" }),
    ),
    ("every log ends", PARENT, "/Resources/Logs/Properties/RetentionInDays", || Value::Null),
    ("every log ends", PARENT, "/Resources/Api/Properties/AccessLogSetting/Format", || {
        json!("{\"p\":\"$context.path\"}")
    }),
    ("every log ends", PARENT, "/Resources/Api/Properties/MethodSettings", || json!([])),
    ("every alarm", ALARMS, "/Resources/WorkIsLate/Properties/AlarmDescription", || json!("Work is late.")),
    ("every alarm", ALARMS, "/Resources/WorkIsLate/Properties/AlarmActions", || json!([])),
    ("every alarm", ALARMS, "/Resources/WorkIsLate/Properties/AlarmName", || json!("late")),
    ("the firewall", FIREWALL, "/Resources/Rules/Properties/Rules/0/Priority", || json!(9)),
    ("the firewall", FIREWALL, "/Resources/Rules/Properties/Rules/0/Statement/ByteMatchStatement/SearchString", || {
        json!("/api/")
    }),
    ("the firewall", FIREWALL, "/Resources/Rules/Properties/Rules/1/Statement/RateBasedStatement/Limit", || {
        json!(1000)
    }),
    ("policies name", PARENT, "/Resources/RingsTasks/Properties/PolicyDocument/Statement/0/Resource", || json!("*")),
    ("policies name", PARENT, "/Resources/RingsTasks/Properties/PolicyDocument/Statement/0/Action", || json!("sqs:*")),
    (
        "policies name",
        PARENT,
        "/Resources/HearsTasks/Properties/PolicyDocument/Statement/0/Resource",
        || json!({ "Sub": "arn:aws:sqs:*" }),
    ),
    ("policies name", PARENT, "/Resources/AuthMeFunction/Properties/Policies", || json!(["AdministratorAccess"])),
    ("only known", DATABASE, "/Resources/ProxyRole/Properties/ManagedPolicyArns", || {
        json!(["arn:aws:iam::aws:policy/AdministratorAccess"])
    }),
    ("secrets are named", PARENT, "/Globals/Function/Environment/Variables/OPENAI_API_KEY", || json!("sk")),
    ("secrets are named", PARENT, "/Resources/Logs/Properties/Tags", || json!("{{resolve:secretsmanager:x}}")),
    ("secrets are named", PARENT, "/Parameters/DatabasePassword", || json!({ "Type": "String" })),
    ("secrets are named", PARENT, "/Parameters/SecretArn/AllowedPattern", || json!(".*")),
    (
        "nothing can be",
        NETWORK,
        "/Resources/DatabaseGroup/Properties/SecurityGroupIngress/0",
        || json!({ "CidrIp": "0.0.0.0/0" }),
    ),
    ("nothing can be", NETWORK, "/Resources/DatabaseFromProxy/Properties", || json!({ "CidrIp": "10.0.0.0/8" })),
    ("nothing can be", NETWORK, "/Resources/FunctionsGroup/Properties/SecurityGroupEgress/0/ToPort", || json!(65535)),
    ("nothing can be", NETWORK, "/Resources/FunctionsGroup/Properties/SecurityGroupEgress", || json!([])),
    ("nothing can be", NETWORK, "/Resources/PrivateA/Properties/MapPublicIpOnLaunch", || json!(true)),
    ("nothing can be", NETWORK, "/Resources/Bucket", || json!({ "Type": "AWS::S3::Bucket", "Properties": {} })),
    ("nothing can be", PARENT, "/Resources/PreflightPermission/Properties/Principal", || json!("*")),
    ("nothing can be", PARENT, "/Resources/Api/Properties/DisableExecuteApiEndpoint", || json!(false)),
    (
        "nothing can be",
        PARENT,
        "/Resources/AuthMeFunction/Properties/FunctionUrlConfig",
        || json!({ "AuthType": "NONE" }),
    ),
    ("the database", DATABASE, "/Resources/Database/Properties/PubliclyAccessible", || json!(true)),
    (
        "the database",
        DATABASE,
        "/Resources/Database/Properties/BackupRetentionPeriod",
        || json!({ "If": ["IsProduction", 30, 0] }),
    ),
    ("the database", DATABASE, "/Resources/Settings/Properties/Parameters/rds.force_ssl", || json!("0")),
    ("the database", DATABASE, "/Resources/Proxy/Properties/RequireTLS", || json!(false)),
    ("the database", PARENT, "/Resources/TasksQueue/Properties/SqsManagedSseEnabled", || json!(false)),
];

#[test]
fn a_broken_rule_is_seen() {
    let whole = Template::all();
    for (rule, file, place, planted) in PLANTS {
        let mut all = whole.clone();
        let (parent, last) = place.rsplit_once('/').unwrap();
        let target =
            all.get_mut(*file).unwrap().0.pointer_mut(parent).unwrap_or_else(|| panic!("{file} has no {parent}"));
        match target {
            Value::Array(items) => items[last.parse::<usize>().unwrap()] = planted(),
            Value::Object(fields) if planted().is_null() => drop(fields.remove(last)),
            Value::Object(fields) => drop(fields.insert(last.to_owned(), planted())),
            other => panic!("{file}: {parent} is {other}"),
        }

        let (_, check) = RULES.iter().find(|(name, _)| name.starts_with(rule)).unwrap();
        assert!(!check(&all).is_empty(), "nobody saw {file}{place}");
    }
    for (name, _) in RULES {
        let planted = PLANTS.iter().any(|(rule, ..)| name.starts_with(rule));
        assert!(planted || name.starts_with("CloudFormation"), "nothing breaks: {name}");
    }
}

#[test]
fn a_stack_that_grew_too_much_is_seen() {
    let mut all = Template::all();
    let resources = all.get_mut(PARENT).unwrap().0["Resources"].as_object_mut().unwrap();
    for number in 0..100 {
        resources.insert(format!("Queue{number}"), json!({ "Type": "AWS::SQS::Queue", "Properties": {} }));
    }

    assert_eq!(super::count::limit(&all).len(), 1);
}
