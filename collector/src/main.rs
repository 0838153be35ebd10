//! Entry point of `koff-collect`: hands over, nothing else.

fn main() {
    let code = koff_collect::cli::run(std::env::args_os(), &mut std::io::stdout(), &mut std::io::stderr());
    std::process::exit(code);
}
