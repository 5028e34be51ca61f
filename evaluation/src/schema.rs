//! JSON Schemas (draft 2020-12) of rule sets and cases, for editors and other programs. They are made from
//! the types and from what the methods declare about themselves, so that they cannot say anything else than
//! the code.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::benchmark::{Kind, Method, Parameter, Presence, TRIM_FROM};
use crate::case::Case;
use crate::decimal::Decimal;
use crate::draw::Grid;
use crate::rules::RuleSet;

/// The schema of `kaibiao-rules/1`.
pub fn rules() -> Value {
    let grid = Grid::json_schema(&mut SchemaSettings::draft2020_12().into_generator()).to_value();
    // Indexes have no grid: their lists come from the prices.
    let drawn = |parameter: &Parameter| match parameter.kind {
        Kind::Index => None,
        _ => Some((grid.clone(), parameter.presence == Presence::Required)),
    };
    document::<RuleSet>("kaibiao-rules/1", "urn:kaibiao:rules:1", |decimal| {
        Place {
            definition: "MethodSpec",
            drawn_name: "grids",
            drawn: &drawn,
            decimal,
        }
        .by_method()
    })
}

/// The schema of `kaibiao-case/1`.
pub fn case() -> Value {
    document::<Case>("kaibiao-case/1", "urn:kaibiao:case:1", |decimal| {
        let index = json!({ "type": "integer", "minimum": 0 });
        let drawn = |parameter: &Parameter| match parameter.kind {
            Kind::Index => Some((index.clone(), false)),
            _ => Some((decimal.clone(), parameter.presence == Presence::Required)),
        };
        Place {
            definition: "BenchmarkRule",
            drawn_name: "drawn",
            drawn: &drawn,
            decimal,
        }
        .by_method()
    })
}

/// The schema of a type, with its definition of a method replaced by what each method declares.
fn document<T: JsonSchema>(
    title: &str,
    id: &str,
    by_method: impl FnOnce(&Value) -> (&'static str, Value),
) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let decimal = Decimal::json_schema(&mut generator).to_value();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    let (definition, methods) = by_method(&decimal);
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    let spec = definitions
        .and_then(|definitions| definitions.get_mut(definition))
        .and_then(Value::as_object_mut);
    if let Some(spec) = spec {
        let description = spec.remove("description");
        spec.clear();
        spec.extend(description.map(|text| ("description".to_owned(), text)));
        spec.insert("oneOf".to_owned(), methods);
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), json!(id));
        root.insert("title".to_owned(), json!(title));
    }
    schema
}

/// A place in a document where a method stands with its parameters.
struct Place<'a> {
    /// The name of its type.
    definition: &'static str,
    /// The member that holds what is drawn.
    drawn_name: &'static str,
    /// The schema of a drawn parameter, and whether it has to be there; none if it does not stand here.
    drawn: &'a dyn Fn(&Parameter) -> Option<(Value, bool)>,
    decimal: &'a Value,
}

impl Place<'_> {
    /// Where, and one schema for each method.
    fn by_method(&self) -> (&'static str, Value) {
        let methods = Method::all().map(|method| self.method(method));
        (self.definition, Value::Array(methods.collect()))
    }

    /// What stands here may and has to say if it names this method.
    fn method(&self, method: Method) -> Value {
        let drawn = method
            .drawn_parameters()
            .iter()
            .filter_map(|parameter| Some((parameter, (self.drawn)(parameter)?)))
            .map(|(parameter, (schema, required))| (parameter.name, schema, required));
        let fixed = method.fixed_parameters().iter().map(|parameter| {
            let required = parameter.presence == Presence::Required && parameter.name != TRIM_FROM;
            (parameter.name, self.fixed(parameter), required)
        });
        let members = [
            (self.drawn_name, Members::of(drawn)),
            ("fixed", Members::of(fixed)),
        ];
        let mut properties = Map::new();
        properties.insert("method".to_owned(), json!({ "const": method.id() }));
        let mut required = vec!["method"];
        for (name, members) in members {
            if !members.required.is_empty() {
                required.push(name);
            }
            properties.insert(name.to_owned(), members.schema());
        }
        let mut schema =
            json!({ "type": "object", "required": required, "additionalProperties": false });
        if let Some(schema) = schema.as_object_mut() {
            threshold(method, &mut properties, schema);
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        schema
    }

    fn fixed(&self, parameter: &Parameter) -> Value {
        let mut schema = match parameter.kind {
            Kind::Choice(words) => json!({ "type": "string", "enum": words }),
            Kind::Count { .. } => json!({ "type": "string", "pattern": "^(0|[1-9][0-9]*)$" }),
            Kind::Decimal(_) | Kind::Index => self.decimal.clone(),
        };
        if let (Presence::Default(value), Some(object)) =
            (parameter.presence, schema.as_object_mut())
        {
            object.insert("default".to_owned(), json!(value));
        }
        schema
    }
}

/// `trim_from` may stand beside the method, as an integer, or among the announced values.
fn threshold(method: Method, properties: &mut Map<String, Value>, schema: &mut Map<String, Value>) {
    let parameters = method.fixed_parameters().iter();
    let parameter = parameters.filter(|parameter| parameter.name == TRIM_FROM);
    for parameter in parameter {
        let Kind::Count { min, max } = parameter.kind else {
            continue;
        };
        let integer = json!({ "type": "integer", "minimum": min, "maximum": max });
        properties.insert(TRIM_FROM.to_owned(), integer);
        if parameter.presence == Presence::Required {
            let beside = json!({ "required": [TRIM_FROM] });
            let among = json!({
                "required": ["fixed"], "properties": { "fixed": { "required": [TRIM_FROM] } },
            });
            schema.insert("oneOf".to_owned(), json!([beside, among]));
        }
    }
}

/// The members of an object.
struct Members {
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl Members {
    fn of(each: impl Iterator<Item = (&'static str, Value, bool)>) -> Members {
        let mut members = Members {
            properties: Map::new(),
            required: Vec::new(),
        };
        for (name, schema, required) in each {
            members.properties.insert(name.to_owned(), schema);
            if required {
                members.required.push(name);
            }
        }
        members
    }

    fn schema(self) -> Value {
        json!({
            "type": "object", "properties": self.properties, "required": self.required,
            "additionalProperties": false,
        })
    }
}
