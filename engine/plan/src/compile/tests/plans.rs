//! What compiling works out: the order of settling, what feeds what, what the store must know.

use std::collections::BTreeSet;

use super::folder;
use crate::app::{AppPlan, EntityPlan};
use crate::compile::compile;

fn example() -> AppPlan {
    compile(&folder("docs/examples"), 7).plan.expect("the example compiles")
}

fn place(entity: &EntityPlan, field: &str) -> usize {
    entity.order.iter().position(|key| key == field).expect("every field is in the order")
}

#[test]
fn a_field_is_settled_after_what_it_reads() {
    let app = example();
    let customer = app.entity("customer").expect("customer");
    assert_eq!(customer.order.len(), customer.fields.len());
    assert!(place(customer, "spent") < place(customer, "per_order"));
    assert!(place(customer, "spent") < place(customer, "value"));
    assert!(place(customer, "industry") < place(customer, "skin_type"));
}

#[test]
fn an_order_feeds_the_customer_that_it_points_at() {
    let app = example();
    let order = app.entity("order").expect("order");
    let feed = order.feeds.iter().find(|feed| feed.entity == "customer").expect("a feed");
    assert_eq!(feed.via, "customer");
    assert!(feed.reads.is_superset(&BTreeSet::from(["amount".to_owned(), "status".to_owned()])));
}

#[test]
fn scripts_and_days_are_noted() {
    let app = example();
    assert!(app.entities["order"].scripted, "a rule of orders is a script");
    assert!(app.entities["customer"].scripted, "a grade of customers is a script");
    assert!(!app.entities["contract"].scripted);
    assert!(app.entities["customer"].dated.contains(&"effort".to_owned()), "it is graded again every day");
}

#[test]
fn what_is_sorted_filtered_and_unique_gets_a_column() {
    let app = example();
    let layout = &app.entities["customer"].layout;
    let promoted: BTreeSet<&str> =
        layout.promoted.iter().map(|promotion| promotion.column.field.as_str()).collect();
    for field in ["phone", "referrer", "industry", "spent", "name", "last_contact"] {
        assert!(promoted.contains(field), "{field} is not promoted");
    }
    assert!(!promoted.contains("places"));
    let phone = layout.promoted.iter().find(|promotion| promotion.column.field == "phone").expect("phone");
    assert!(phone.unique && phone.digits);
    assert!(layout.indexes.contains(&vec!["referrer".to_owned()]));
    assert!(layout.indexes.contains(&vec!["industry".to_owned(), "spent".to_owned()]));
    assert_eq!(
        layout.searched.iter().map(|column| column.field.as_str()).collect::<Vec<_>>(),
        ["name", "phone"]
    );
    let order = &app.entities["order"].layout;
    assert!(order.indexes.iter().any(|index| index[0] == "customer"));
}

#[test]
fn an_entity_without_a_form_or_a_view_gets_one() {
    let app = example();
    assert!(app.forms.contains_key("order") && app.views.contains_key("order"));
    assert!(!app.views.contains_key("customer"), "customers have a view of their own");
    assert_eq!(app.release, 7);
}
