//! Every rule over the facts of one bundle: exactly one verdict each.
