// Commits the fault that is named and ends as any program does, by returning.
const [file, fault] = process.argv.slice(2);
require(file)[fault]();
