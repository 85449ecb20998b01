//! A catalogue of events all over the world, and what people who search in it expect: here only whether it is sound.

mod search_world {
    mod catalogue;
    mod queries;

    mod soundness;
}
