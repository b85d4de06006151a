// The conditions on a text: any, the whole, its start, a part, a pattern, or an actor's path with or without address.

using System.Text.RegularExpressions;

namespace Akka.TestKit;

internal sealed class StringMatcher
{
    private readonly Func<string?, bool> _condition;
    private readonly string _description;

    private StringMatcher(string description, Func<string?, bool> condition)
    {
        _description = description;
        _condition = condition;
    }

    internal static StringMatcher All { get; } = new("", static _ => true);

    internal bool MatchesAll => ReferenceEquals(this, All);

    public override string ToString() => _description;

    internal static StringMatcher Of(string? whole, string? start, string? contains) => (whole, start, contains) switch
    {
        ({ } text, _, _) => new($"== \"{text}\"", given => string.Equals(given, text, StringComparison.Ordinal)),
        (_, { } text, _) => new(
            $"starts with \"{text}\"", given => given?.StartsWith(text, StringComparison.Ordinal) == true),
        (_, _, { } text) => new(
            $"contains \"{text}\"", given => given?.Contains(text, StringComparison.Ordinal) == true),
        _ => All,
    };

    internal static StringMatcher Of(Regex pattern)
        => new($"matches regex \"{pattern}\"", given => given is not null && pattern.IsMatch(given));

    /// <summary>A source is given as in the log, or as an actor's path without its address.</summary>
    internal static StringMatcher OfSource(string? source) => source is null
        ? All
        : new($"== \"{source}\"", given => given is not null
            && (string.Equals(given, source, StringComparison.OrdinalIgnoreCase)
                || (source.StartsWith('/') && given.StartsWith("akka://", StringComparison.Ordinal)
                    && given.EndsWith(source, StringComparison.OrdinalIgnoreCase)
                    && given.IndexOf('/', "akka://".Length) == given.Length - source.Length)));

    internal bool IsMatch(string? text) => _condition(text);
}
