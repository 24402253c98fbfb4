//! Who may do what, and what can be reached from where.

use serde_json::{Value, json};
use shared::config::SECRET_NAMES;

use super::{All, each};

/// Statements that allow more than what they name, and why.
const WIDE: [(&str, &str, &str); 4] = [
    // A key's policy speaks of that key alone, and without its account nobody could change the policy any more.
    ("infra/aws/database.yaml", "Key", "kms:*"),
    ("infra/aws/alarms.yaml", "Key", "kms:*"),
    // The same; only for alarms of this account.
    ("infra/aws/alarms.yaml", "Key", "kms:Decrypt, kms:GenerateDataKey"),
    // CloudFormation's own bucket, whose name ends in the region without its hyphens. What may be put there is signed.
    ("infra/aws/network.yaml", "Storage", "s3:PutObject"),
];

/// Policies that Amazon keeps, each for the service it is named after.
const MANAGED: [&str; 2] =
    ["service-role/AmazonRDSEnhancedMonitoringRole", "service-role/AmazonAPIGatewayPushToCloudWatchLogs"];

/// Every statement of every policy below this value.
fn statements<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    if value.get("Effect").is_some() && value.get("Action").is_some() {
        found.push(value);
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| statements(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| statements(field, found)),
        _ => {}
    }
}

fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Whether a resource stands for more than one. Of an ARN that is put together only what is written counts.
fn is_wide(resource: &Value) -> bool {
    match resource {
        Value::String(text) => text.contains('*'),
        Value::Object(fields) => fields.get("Sub").is_some_and(|text| text.to_string().contains('*')),
        _ => true,
    }
}

pub fn policies(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, template) in all {
        for (name, resource) in template.0["Resources"].as_object().unwrap() {
            let mut found = Vec::new();
            statements(resource, &mut found);
            for statement in found {
                let actions: Vec<&str> =
                    many(&statement["Action"]).iter().filter_map(|action| action.as_str()).collect();
                let actions = actions.join(", ");
                let wide = actions.contains('*') || many(&statement["Resource"]).iter().any(|of| is_wide(of));
                if wide && !WIDE.contains(&(file, name, &actions)) {
                    broken.push(format!("{file}: {name} may {actions} on {}", statement["Resource"]));
                }
            }
        }
        // Written in a line, as SAM lets one: the names of our own policies only.
        for function in template.functions() {
            for policy in many(function.says("Policies")) {
                let ours = policy.get("Statement").is_some()
                    || policy["Ref"]
                        .as_str()
                        .is_some_and(|name| template.0["Resources"][name]["Type"] == "AWS::IAM::ManagedPolicy");
                if !ours {
                    broken.push(format!("{file}: {} has the policy {policy}", function.resource));
                }
            }
        }
    }
    broken
}

pub fn managed(all: &All) -> Vec<String> {
    let roles = each(all, "AWS::IAM::Role");
    let used =
        roles.flat_map(|(name, role)| many(&role["ManagedPolicyArns"]).into_iter().map(move |arn| (name.clone(), arn)));
    used.filter(|(_, arn)| {
        let name = arn["Sub"].as_str().and_then(|arn| arn.strip_prefix("arn:${AWS::Partition}:iam::aws:policy/"));
        !name.is_some_and(|name| MANAGED.contains(&name))
    })
    .map(|(name, arn)| format!("{name} uses {arn}"))
    .collect()
}

pub fn secrets(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, template) in all {
        // What is resolved while deploying stands in the function's configuration for everybody who may read that.
        if template.0.to_string().contains("{{resolve:") {
            broken.push(format!("{file} resolves a secret"));
        }
        for (name, parameter) in template.0["Parameters"].as_object().into_iter().flatten() {
            let told = ["password", "token", "apikey"].iter().any(|word| name.to_lowercase().contains(word));
            if told || parameter.get("NoEcho").is_some() {
                broken.push(format!("{file} asks for the secret {name}"));
            }
        }
        for function in template.functions() {
            let shown = function.variables().into_iter().filter(|name| SECRET_NAMES.contains(name));
            broken.extend(shown.map(|name| format!("{} shows {name}", function.resource)));
        }
    }
    let parent = &all["template.yaml"].0["Parameters"]["SecretArn"];
    if parent["AllowedPattern"] != "arn:aws[a-z-]*:secretsmanager:.+" {
        broken.push("SecretArn may be something else than an ARN".to_owned());
    }
    broken
}

pub fn network(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    let rules = |kind: &'static str, side: &'static str| {
        let groups = each(all, "AWS::EC2::SecurityGroup");
        let inside =
            groups.flat_map(move |(name, group)| many(&group[side]).into_iter().map(move |rule| (name.clone(), rule)));
        inside.chain(each(all, kind)).collect::<Vec<_>>()
    };
    for (name, rule) in rules("AWS::EC2::SecurityGroupIngress", "SecurityGroupIngress") {
        if rule.get("SourceSecurityGroupId").is_none() {
            broken.push(format!("{name} lets in whoever is not in a group of ours"));
        }
    }
    for (name, rule) in rules("AWS::EC2::SecurityGroupEgress", "SecurityGroupEgress") {
        let anywhere = rule["CidrIp"] != "127.0.0.1/32" && rule.get("DestinationSecurityGroupId").is_none();
        if anywhere && (&rule["FromPort"], &rule["ToPort"]) != (&json!(443), &json!(443)) {
            broken.push(format!("{name} lets out more than TLS"));
        }
    }
    for (name, group) in each(all, "AWS::EC2::SecurityGroup") {
        // One without a rule lets everything out.
        if many(&group["SecurityGroupEgress"]).is_empty() {
            broken.push(format!("{name} has no rule for what goes out"));
        }
    }
    broken.extend(each(all, "AWS::S3::Bucket").map(|(name, _)| format!("{name}: there is no bucket to be public")));
    for (name, subnet) in each(all, "AWS::EC2::Subnet") {
        if subnet.get("MapPublicIpOnLaunch").is_some_and(|public| public != false) {
            broken.push(format!("{name} gives everybody an address"));
        }
    }
    for (name, permission) in each(all, "AWS::Lambda::Permission") {
        let services = ["apigateway.amazonaws.com", "secretsmanager.amazonaws.com"];
        let known = services.iter().any(|service| permission["Principal"] == *service);
        if !known || permission.get("SourceArn").is_none() {
            broken.push(format!("{name} lets others invoke"));
        }
    }
    for (name, api) in each(all, "AWS::Serverless::Api") {
        if api["DisableExecuteApiEndpoint"] != true {
            broken.push(format!("{name} can be reached past its name"));
        }
    }
    for (file, template) in all {
        for function in template.functions() {
            if !function.says("FunctionUrlConfig").is_null() {
                broken.push(format!("{file}: {} has an address of its own", function.resource));
            }
        }
    }
    broken
}

pub fn database(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    let wanted = [
        ("PubliclyAccessible", json!(false)),
        ("StorageEncrypted", json!(true)),
        ("DeletionProtection", json!(true)),
        ("ManageMasterUserPassword", json!(true)),
        ("DeleteAutomatedBackups", json!(false)),
        ("EnableCloudwatchLogsExports", json!(["postgresql", "upgrade"])),
    ];
    for (name, database) in each(all, "AWS::RDS::DBInstance") {
        let differ = wanted.iter().filter(|(property, value)| database[property] != *value);
        broken.extend(differ.map(|(property, _)| format!("{name}: {property} is {}", database[property])));
        if many(&database["BackupRetentionPeriod"]["If"]).iter().skip(1).any(|days| days.as_u64() < Some(7)) {
            broken.push(format!("{name} can not be restored"));
        }
    }
    let settings =
        each(all, "AWS::RDS::DBParameterGroup").filter(|(_, group)| group["Parameters"]["rds.force_ssl"] != "1");
    broken.extend(settings.map(|(name, _)| format!("{name} takes connections without TLS")));
    let proxies = each(all, "AWS::RDS::DBProxy").filter(|(_, proxy)| proxy["RequireTLS"] != true);
    broken.extend(proxies.map(|(name, _)| format!("{name} takes connections without TLS")));
    let queues = each(all, "AWS::SQS::Queue").filter(|(_, queue)| queue["SqsManagedSseEnabled"] != true);
    broken.extend(queues.map(|(name, _)| format!("{name} is not encrypted")));
    broken
}
