// Makes nested configurations from a seed, and tells what a tree of values says, in one line that equal trees share.

using System.Text;
using Akka.Configuration.Hocon;

namespace Akka.Conformance.Tests.Configuration;

internal sealed class RandomConfig(int seed, string[] texts)
{
    private readonly Random _random = new(seed);

    /// <summary>The members of one object, in HOCON, nested at most <paramref name="depth"/> deep.</summary>
    internal string Members(int depth)
    {
        var hocon = new StringBuilder();
        for (var remaining = _random.Next(1, 5); remaining > 0; remaining--)
        {
            hocon.Append($"key-{_random.Next(20)} ").Append(Value(depth)).Append(OneOf(["\n", "\n# note\n", "\r\n"]));
        }

        return hocon.ToString();
    }

    internal static string Describe(HoconValue value)
    {
        if (value.GetObject() is { } members)
        {
            var sorted = members.Items.OrderBy(member => member.Key, StringComparer.Ordinal);
            return $"{{{string.Join(';', sorted.Select(member => $"{member.Key}={Describe(member.Value)}"))}}}";
        }

        return value.IsString()
            ? $"<{value.GetString() ?? "null"}>"
            : $"[{string.Join(',', value.GetArray().Select(Describe))}]";
    }

    private string Value(int depth) => _random.Next(depth > 0 ? 4 : 2) switch
    {
        0 => $"= {OneOf(texts)}",
        1 => $"= [{string.Join(", ", Enumerable.Range(0, _random.Next(1, 4)).Select(_ => OneOf(texts)))}]",
        2 => $"{{\n{Members(depth - 1)}}}",
        _ => $"= [{{\n{Members(depth - 1)}}}, [{OneOf(texts)}]]",
    };

    private string OneOf(string[] choices) => choices[_random.Next(choices.Length)];
}
