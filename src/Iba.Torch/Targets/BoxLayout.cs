namespace Iba.Torch;

/// <summary>How a detector writes its boxes. The names are saved.</summary>
public enum BoxLayout
{
    /// <summary>
    /// <c>[N, boxes, 5 + classes]</c>, as YOLOv5 and YOLOv7 export it: centre x, centre y, width, height, the probability that there is an object, and that of each
    /// class if there is. Values outside of 0..1 are taken for logits.
    /// </summary>
    Yolo5,

    /// <summary>
    /// <c>[N, 4 + classes, boxes]</c>, as YOLOv8 and later ones export it: centre x, centre y, width, height, and the probability of each class. Values outside of 0..1
    /// are taken for logits.
    /// </summary>
    Yolo8,

    /// <summary>
    /// <c>[N, boxes, 4 + classes]</c>: left, top, right, bottom, and a score for each class, of which class 0 is "no object" (SSD, UltraFace). Scores that do not sum to
    /// 1 are taken for logits of a softmax. Networks with two outputs are loaded with both, boxes first: <c>OnnxNetworkOptions.OutputNames</c>.
    /// </summary>
    Ssd,
}
