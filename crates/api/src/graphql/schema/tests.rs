use rapport_domain::catalog::Catalog;

use super::build;

#[test]
fn the_base_catalog_has_a_graph() {
    let started = std::time::Instant::now();
    let schema = build(&Catalog::base()).unwrap();
    println!("{} types in {:?}, {} bytes of SDL", schema.types, started.elapsed(), schema.sdl().len());
    std::fs::write("/tmp/graph.graphql", schema.sdl()).unwrap();
}
