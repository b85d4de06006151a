// ${a.b}: stands for the value at a path of the same text, as it is when the whole text has been read.

namespace Akka.Configuration.Hocon;

public sealed class HoconSubstitution : IHoconElement, IMightBeAHoconObject
{
    public HoconSubstitution(string path) => Path = path;

    public string Path { get; set; }

    /// <summary>Null while the text is being read; set for good when it has been.</summary>
    public HoconValue? ResolvedValue { get; set; }

    public bool IsString() => Resolved.IsString();

    public string? GetString() => Resolved.GetString();

    public bool IsArray() => Resolved.IsArray();

    public IList<HoconValue> GetArray() => Resolved.GetArray();

    public bool IsObject() => ResolvedValue is not null && ResolvedValue.IsObject();

    public HoconObject? GetObject() => Resolved.GetObject();

    private HoconValue Resolved =>
        ResolvedValue ?? throw new InvalidOperationException($"The substitution ${{{Path}}} is not resolved.");
}
