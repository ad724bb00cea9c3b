/// Common given names with a usual gender, for the tasks about people.
///
/// Each is a single token after a space in the usual byte-level vocabularies.
enum GivenNames {
  static let male = [
    "Michael", "Matthew", "Daniel", "David", "James", "Robert", "John", "Joseph", "Andrew",
    "William", "Adam", "Thomas", "Richard", "Mark", "Charles", "Jacob", "Stephen", "Paul", "Scott",
    "Alexander", "Samuel", "George", "Edward", "Henry", "Peter", "Frank", "Jack", "Arthur",
    "Martin", "Christopher", "Joshua", "Brian", "Nicholas", "Anthony", "Eric", "Steven", "Timothy",
    "Benjamin", "Patrick", "Kenneth",
  ]

  static let female = [
    "Sarah", "Elizabeth", "Emily", "Mary", "Anna", "Alice", "Jane", "Anne", "Maria", "Jessica",
    "Jennifer", "Amanda", "Stephanie", "Nicole", "Melissa", "Christina", "Rachel", "Laura", "Amy",
    "Michelle", "Rebecca", "Samantha", "Angela", "Katherine", "Lisa", "Linda", "Susan", "Karen",
    "Nancy", "Margaret", "Julia", "Helen", "Emma", "Olivia", "Sophia", "Charlotte", "Lucy",
    "Diana", "Catherine", "Hannah",
  ]
}
