// What a HOCON value is made of. A value is a sequence of elements, because HOCON concatenates:
// a = some "text" ${b} is one value of five elements (two of them blanks).

namespace Akka.Configuration.Hocon;

/// <summary>A literal, an array, an object, or a substitution, which is as what it stands for is.</summary>
public interface IHoconElement
{
    bool IsString() => false;

    string? GetString() => throw new NotSupportedException($"{GetType().Name} is no text.");

    bool IsArray() => false;

    IList<HoconValue> GetArray() => throw new NotSupportedException($"{GetType().Name} is no array.");
}

/// <summary>A piece of text, quoted or not. Numbers, booleans and null are texts until read as such.</summary>
public sealed class HoconLiteral : IHoconElement
{
    public string? Value { get; set; }

    public bool IsString() => true;

    public string? GetString() => Value;
}

/// <summary>One pair of brackets. Arrays that stand side by side in a value are read as one.</summary>
public sealed class HoconArray : List<HoconValue>, IHoconElement
{
    public bool IsArray() => true;

    public IList<HoconValue> GetArray() => this;
}

/// <summary>${a.b}: stands for the value at a path of the same text, as it is when the whole text is read.</summary>
public sealed class HoconSubstitution(string path) : IHoconElement
{
    public string Path { get; } = path;

    /// <summary>Null while the text is being read; set for good when it has been.</summary>
    public HoconValue? ResolvedValue { get; internal set; }

    public bool IsString() => Resolved.IsString();

    public string? GetString() => Resolved.GetString();

    public bool IsArray() => Resolved.IsArray();

    public IList<HoconValue> GetArray() => Resolved.GetArray();

    private HoconValue Resolved =>
        ResolvedValue ?? throw new InvalidOperationException($"The substitution ${{{Path}}} is not resolved.");
}
